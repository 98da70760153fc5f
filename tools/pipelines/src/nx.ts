import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Pipeline } from './pipeline.ts';
import { type Session, sessionEnv } from './session.ts';
import type { Task } from './tasks.ts';

export interface NxRun {
  /** Of Nx and, since it leads a group, of all that it starts. */
  pid: number;
  /** Resolves when Nx has ended. */
  ended: Promise<{ ok: boolean; output: string }>;
}

/**
 * Runs tasks through Nx, in its own process group: Ctrl-C at the terminal reaches us alone, since Nx's answer to a
 * signal is to kill the tasks, and a stage needs seconds for its checkpoint.
 *
 * @param anew whether these and no other tasks are called although Nx has their results, which are replaced
 */
export function spawnNx(root: string, pipeline: Pipeline, tasks: Task[], session: Session, anew = false): NxRun {
  const targets = tasks.map((task) => task.id).join(',');
  const args = ['run-many', '--projects', pipeline.name, '--targets', targets, '--outputStyle=stream', '--nxBail'];
  if (anew) args.push('--skipNxCache', '--excludeTaskDependencies');
  const child = spawn(process.execPath, [nxProgram(root), ...args], {
    cwd: root,
    env: { ...nxEnv(root), ...sessionEnv(session) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  const ended = new Promise<{ ok: boolean; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
  return { pid: child.pid!, ended };
}

const nxProgram = (root: string) => join(root, 'node_modules/.bin/nx');

function nxEnv(root: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Starting a daemon, or a process for our plugin, takes longer than all the rest of a run that has nothing to do.
    NX_DAEMON: 'false',
    NX_ISOLATE_PLUGINS: 'false',
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  };
}
