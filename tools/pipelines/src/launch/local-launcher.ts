import type { Launcher } from './launcher.ts';
import { isAlive, type ProcessId, signalProcess } from './process-id.ts';

/** Jobs are processes on this machine. */
export const localLauncher: Launcher<ProcessId> = {
  cancel: async (job, how) => signalProcess(job, how === 'stop' ? 'SIGTERM' : 'SIGKILL'),
  alive: async (job) => isAlive(job),
};
