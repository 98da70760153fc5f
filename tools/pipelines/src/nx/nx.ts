import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Task } from '../definition/tasks.ts';
import { knownEntry } from '../dvc/dvc.ts';
import { inputsOf } from '../dvc/dvc-cache.ts';
import { type Session, sessionEnv } from '../launch/session.ts';
import { taskFolder } from '../run/task-folder.ts';

export interface NxRun {
  /** Kills Nx and, since it leads a group, all that it started. */
  kill(): void;
  /** Resolves when Nx has ended. */
  ended: Promise<{ ok: boolean; output: string }>;
}

/**
 * Runs tasks through Nx, in its own process group: Ctrl-C at the terminal reaches us alone, since Nx's answer to a
 * signal is to kill the tasks, and a stage needs seconds for its checkpoint. Where one fails, those that do not need it go on.
 *
 * @param how.jobs how many may be at work at once
 * @param how.anew whether these and no other tasks are called although Nx has their results, which are replaced
 */
export function spawnNx(
  root: string,
  pipeline: Pipeline,
  tasks: Task[],
  session: Session,
  { jobs, anew }: { jobs: number; anew: boolean },
): NxRun {
  const targets = tasks.map((task) => task.id).join(',');
  const args = [
    'run-many',
    '--projects',
    pipeline.name,
    '--targets',
    targets,
    '--outputStyle=stream',
    `--parallel=${jobs}`,
  ];
  if (anew) args.push('--skipNxCache', '--excludeTaskDependencies');
  removeFolders(root);
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
  const kill = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  return { kill, ended };
}

/** Removes folders in the place of what Nx has in files: it would fail to write them, with a stack each time. */
function removeFolders(root: string): void {
  const folder = join(root, '.nx/workspace-data');
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory() && /\.(json|db|nxt|lock|hash)$/.test(entry.name))
      rmSync(join(folder, entry.name), { recursive: true });
}

/**
 * Removes Nx's database where that is why Nx has failed: it knows then of no result, and DVC, which does, is asked.
 *
 * @param output what Nx said
 * @returns whether there was anything to remove
 */
export function removeBrokenDatabase(root: string, output: string): boolean {
  if (!/SqliteFailure|not a database|disk image is malformed/.test(output)) return false;
  const folder = join(root, '.nx/workspace-data');
  const files = readdirSync(folder).filter((name) => /\.db(-\w+)?$/.test(name));
  for (const name of files) rmSync(join(folder, name));
  return files.length > 0;
}

/**
 * Puts a task's small files in the place of those that Nx remembers for the same inputs. Nx writes an entry of its cache
 * once: what was made anew on purpose would be undone by the next run.
 */
export function replaceCached(root: string, task: Task): void {
  const cache = join(root, '.nx/cache');
  const folder = taskFolder(root, task);
  const made = knownEntry(folder);
  if (!made || !existsSync(cache)) return;
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const remembered = taskFolder(join(cache, entry.name), task);
    const known = knownEntry(remembered);
    if (!existsSync(remembered.lock) || (known && inputsOf(known) !== inputsOf(made))) continue;
    for (const file of ['receipt', 'lock', 'metrics', 'run'] as const) {
      writeFileAtomic(remembered[file], readFileSync(folder[file]));
    }
  }
}

const nxProgram = (root: string) => join(root, 'node_modules/.bin/nx');

function nxEnv(root: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Starting a daemon, or a process for our plugin, takes longer than all the rest of a run that has nothing to do.
    NX_DAEMON: 'false',
    NX_ISOLATE_PLUGINS: 'false',
    // Of the tasks: images are decoded in libuv's threads, of which there are four if nothing is said.
    UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())),
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
  };
}
