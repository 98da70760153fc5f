import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openWorkspace } from '../definition/workspace.ts';
import { lockEntry } from '../dvc/dvc.ts';
import { syncDvcYaml } from '../dvc/dvc-yaml.ts';
import { writeSealed } from '../run/sealed.ts';
import { explain } from '../why/why.ts';
import { makeUpResults, openToy } from './made-up-results.ts';
import { OFFLINE, outputOf, type ToyWorkspace } from './toy-workspace.ts';

/*
 * What a change makes due, as our plan, Nx and DVC see it: the real Nx and DVC. Results are made up, and Nx is given a command
 * that only notes which task it was called for, so that nothing runs.
 */
const STUB = `import { appendFileSync } from 'node:fs';
const [command, , id] = process.argv.slice(2);
if (command === 'task') appendFileSync(import.meta.dirname + '/asked', id + '\\n');
else await import('./whole.ts');
`;

/** Ids of the tasks that are due, in the order of the pipeline. */
export interface Due {
  plan: string[];
  nx: string[];
  dvc: string[];
}

/** A change of a file, which is undone after it was looked at. */
export interface Edit {
  file: string;
  change: (content: string) => string;
}
export const edit = (file: string, from: string | RegExp, to: string): Edit => ({
  file,
  change: (content) => {
    expect(content).toMatch(from);
    return content.replace(from, to);
  },
});
export const add = (file: string, more: string): Edit => ({ file, change: (content) => `${content}${more}` });
export const version = (name: string): Edit =>
  edit('package-lock.json', new RegExp(`("node_modules/${name}": \\{\\s*"version": )"[^"]+"`), '$1"0.0.1"');

/** Of a toy workspace, whose command line calls no stage from now on. */
export function whatIsDue(toy: ToyWorkspace) {
  const at = (path: string) => join(toy.root, path);
  const text = (path: string) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : '');
  renameSync(at('tools/pipelines/src/main.ts'), at('tools/pipelines/src/whole.ts'));
  toy.write('tools/pipelines/src/main.ts', STUB);
  const call = (command: string, args: string[], folder = '') => {
    const env = ['NX_DAEMON=false', 'NX_ISOLATE_PLUGINS=false', OFFLINE];
    return outputOf(toy.start('env', [...env, command, ...args], folder));
  };
  const main = (...args: string[]) => call('node', ['tools/pipelines/src/main.ts', ...args]);
  /** Results of every task, as if they had been made from all as it is now, which DVC has too. */
  const makeUp = async () => {
    await makeUpResults(toy.root);
    await main('sync');
    await main('own-data', 'toy');
    await call('dvc', ['commit', '--force'], 'pipelines/toy');
    const { tasks, folderOf } = await openToy(toy.root);
    for (const { id } of tasks) writeSealed(folderOf(id).lock, lockEntry(at('pipelines/toy'), id)!);
  };

  /** Tasks that are due in themselves, not since others are, as our plan says. */
  const planned = async (): Promise<string[]> => {
    const plan = await explain(openWorkspace(toy.root), 'toy');
    return plan
      .filter(({ reasons }) => reasons.some((reason) => !reason.startsWith('follows')))
      .map(({ task }) => task.id);
  };

  /** The same as the plan says, Nx, and DVC by hand. */
  const due = async (): Promise<Due> => {
    const { workspace, tasks } = await openToy(toy.root);
    const asked = 'tools/pipelines/src/asked';
    rmSync(at(asked), { force: true });
    await call('nx', ['run-many', '--projects', 'toy', '--targets', tasks.map(({ id }) => id).join(',')]);
    const nx = text(asked).trim().split('\n');
    // What `dvc repro` does first, of all that it would do.
    await syncDvcYaml(workspace, 'toy');
    await main('own-data', 'toy');
    const status = JSON.parse(await call('dvc', ['status', '--json'], 'pipelines/toy')) as Record<string, unknown>;
    const order = (ids: string[]) => tasks.map(({ id }) => id).filter((id) => ids.includes(id));
    return { plan: await planned(), nx: order(nx), dvc: order(Object.keys(status)) };
  };

  /** Looks while the files are changed. */
  const during = async (edits: readonly Edit[], look: () => void | Promise<void>) => {
    const before = edits.map(({ file }) => [file, text(file)] as const);
    for (const { file, change } of edits) toy.write(file, change(text(file)));
    try {
      await look();
    } finally {
      for (const [file, content] of before.toReversed()) toy.write(file, content);
    }
  };
  return { text, main, makeUp, planned, due, during };
}
