import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Batch, Command, Ended, Launcher } from './launcher.ts';
import { MAX_SAID } from './poll.ts';
import { isAlive, type ProcessId, processOf, signalProcess } from './process-id.ts';

/** Of the jobs of this process, by their pid. */
const ends = new Map<number, Promise<Ended>>();

/** Jobs are child processes on this machine: only who started them can wait for them. */
export const localLauncher: Launcher<ProcessId> = {
  submit: (batch) => Promise.all(batch.commands.map((command) => start(batch, command))),
  wait: ({ pid }) => ends.get(pid)!,
  cancel: async (job, how) => signalProcess(job, how === 'stop' ? 'SIGTERM' : 'SIGKILL'),
  alive: async (job) => isAlive(job),
};

async function start({ cwd }: Batch, { program, args, env }: Command): Promise<ProcessId> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
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
}
