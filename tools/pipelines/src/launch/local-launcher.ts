import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Ended, Launcher } from './launcher.ts';
import { isAlive, processOf, signalProcess, thisProcess } from './process-id.ts';

const MAX_SAID = 64_000;

/** Jobs are child processes on this machine. */
export const localLauncher: Launcher = {
  async submit({ program, args, cwd, env }) {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        said = `${said}${text}`.slice(-MAX_SAID);
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code) => resolve({ ok: code === 0, said }));
    });
    await once(child, 'spawn'); // Rejects on 'error'.
    return { job: processOf(child.pid!), ended };
  },
  cancel: (job, how) => signalProcess(job, how === 'stop' ? 'SIGTERM' : 'SIGKILL'),
  alive: isAlive,
  own: thisProcess,
};
