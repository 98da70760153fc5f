import type { Launcher } from './launcher.ts';
import { isAlive, type ProcessId, signalProcess, thisProcess } from './process-id.ts';

/** Jobs are processes on this machine. */
export const localLauncher: Launcher<ProcessId> = {
  cancel: (job, how) => signalProcess(job, how === 'stop' ? 'SIGTERM' : 'SIGKILL'),
  alive: isAlive,
  own: thisProcess,
};
