import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Ended, Launcher } from './launcher.ts';
import { isAlive, type ProcessId, processOf, signalProcess, thisProcess } from './process-id.ts';

const MAX_SAID = 64_000;
/** Of the jobs of this process, by their pid. */
const ends = new Map<number, Promise<Ended>>();

/** Jobs are child processes on this machine: only who started them can wait for them. */
export const localLauncher: Launcher<ProcessId> = {
  async submit({ program, args, cwd, env }) {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        said = `${said}${text}`.slice(-MAX_SAID);
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code) => resolve({ code: code ?? -1, said }));
    });
    await once(child, 'spawn'); // Rejects on 'error'.
    ends.set(child.pid!, ended);
    return processOf(child.pid!);
  },
  wait: ({ pid }) => ends.get(pid)!,
  cancel: (job, how) => signalProcess(job, how === 'stop' ? 'SIGTERM' : 'SIGKILL'),
  alive: isAlive,
  own: thisProcess,
};
