import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hint } from '@simclr/command-line';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { applyEdits, modify } from 'jsonc-parser';
import { configChanges } from '../definition/config-changes.ts';
import { type ConfigFile, loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline, type Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { objections } from '../definition/stage-plans.ts';
import { loadStage, parseTaskConfig } from '../definition/stages.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { requireAlone } from '../launch/open-session.ts';
import { select } from '../run/plan.ts';
import { configKeys, isAllowed } from './config-keys.ts';

/** A key of the config file with its section, and what it is to be. */
interface Setting {
  path: string[];
  value: string;
}

/**
 * Writes values into a pipeline's config file, as `dvc exp run -S` does: the config is what Nx, DVC and MLflow go by, so
 * a run with other values is a run of another config. All that a dry run would refuse is refused before, and the file stays
 * as it was; so does the layout of the rest of it.
 *
 * @param given `pretrain.epochs=5`: a JSON value, or text; typed by the stage's schema
 * @param stages that are to run with them, which have to be there
 * @returns what changed, in words: `configs/toy.json: pretrain.epochs changed: 3 → 5`
 * @throws UserError a line for a key that the stage does not have, for each value that it does not take or that stages
 * cannot run with, and while a run of the pipeline is under way
 */
export async function setValues(
  workspace: Workspace,
  name: string,
  given: string[],
  stages: string[] = [],
): Promise<string[]> {
  const { root } = workspace;
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  select(tasks, stages);
  requireAlone(root, pipeline);
  const before = loadConfigFile(root, pipeline);
  const file = join(root, pipeline.config);
  let text = readFileSync(file, 'utf8');
  for (const setting of given.map(read)) {
    text = await withValue(workspace, { pipeline, tasks }, text, setting);
  }
  const after = parse(text);
  await requireSound({ workspace, pipeline, tasks }, before, after);
  const changes = configChanges(before, after).map((line) => line.replace(/^config /, `${pipeline.config}: `));
  if (changes.length) writeFileAtomic(file, text);
  return changes;
}

/** What was wrong before is told too, but that something is missing which nobody changes here: a run may do without. */
async function requireSound(run: Run, before: ConfigFile, after: ConfigFile): Promise<void> {
  const now = await objections(run, after);
  if (!now.mistakes.length && !now.missing.length) return;
  const old = await objections(run, before);
  // The mistake is in the command line, not yet in a file.
  const own = now.mistakes.map((line) => (old.mistakes.includes(line) ? line : line.replace(/\. correct \S+$/, '')));
  const missing = now.missing.filter((line) => !old.missing.includes(line));
  const lines = [...own, ...missing.map((line) => line.replace(/\. change [^;]+; .*$/, ''))];
  if (lines.length) throw new UserError(lines.join('\n'));
}

function read(given: string): Setting {
  const at = given.indexOf('=');
  const path = given.slice(0, Math.max(0, at)).trim().split('.');
  if (path.some((key) => !key)) throw new UserError(`invalid --set: ${given}. expected <stage's key>.<key>=<value>`);
  return { path, value: given.slice(at + 1).trim() };
}

/** The text of the file with a value at its key. */
async function withValue(
  workspace: Workspace,
  { pipeline, tasks }: { pipeline: Pipeline; tasks: Task[] },
  text: string,
  { path, value }: Setting,
): Promise<string> {
  const key = path.join('.');
  const put = (parsed: unknown) =>
    applyEdits(text, modify(text, path, parsed, { formattingOptions: { insertSpaces: true, tabSize: 2 } }));
  if (key === 'seed') {
    if (!Number.isSafeInteger(Number(value)) || value === '')
      throw new UserError(`invalid config value: seed = ${value}. expected an integer`);
    return put(Number(value));
  }
  const own = tasks.filter(({ spec }) => spec.params[0] === path[0]);
  const keys = await allKeys(workspace, tasks);
  if (!own.length || !isAllowed(keys, key)) {
    throw new UserError(`unknown config key: ${key}. ${hint(key, keys)}${allowedBeside(keys, path)}`);
  }
  const matrix = own
    .flatMap(({ values }) => Object.keys(values))
    .find((each) => isBelow(path.slice(1).join('.'), each));
  if (matrix !== undefined)
    throw new UserError(`set by a matrix: ${path[0]}.${matrix}. change it in ${pipeline.dir}/pipeline.yaml`);
  const texts = meanings(value).map(put);
  for (const changed of texts) {
    if (!(await mistakeOf(workspace, pipeline, own, parse(changed)))) return changed;
  }
  // It may go together with a value that is still to come.
  return texts[0]!;
}

/** What a text may stand for: JSON where it is that, and itself. */
function meanings(value: string): unknown[] {
  try {
    return [JSON.parse(value), value];
  } catch {
    return [value];
  }
}

async function mistakeOf(workspace: Workspace, pipeline: Pipeline, tasks: Task[], config: ConfigFile) {
  try {
    for (const task of tasks) parseTaskConfig(await loadStage(workspace, task), config, pipeline, task);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Every key that `--set` takes, but for those below one that takes anything. */
async function allKeys(workspace: Workspace, tasks: Task[]): Promise<string[]> {
  const sections = new Map(tasks.map((task) => [task.spec.params[0], task]));
  const keys = await Promise.all(
    Array.from(sections, async ([section, task]) => {
      const own = configKeys((await loadStage(workspace, task)).config);
      return own.map((key) => `${section}.${key}`);
    }),
  );
  return ['seed', ...keys.flat()];
}

/** The keys that stand where the wrong one does. */
function allowedBeside(keys: readonly string[], path: string[]): string {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const above = path.slice(0, depth);
    const beside = keys.map((key) => key.split('.')).filter((key) => above.every((part, i) => key[i] === part));
    const names = [...new Set(beside.flatMap((key) => key[depth] ?? []))].sort();
    if (names.length) return `allowed${depth ? ` in ${above.join('.')}` : ''}: ${names.join(', ')}`;
  }
  return '';
}

/** Whether one of two keys is the other, or below it. */
const isBelow = (a: string, b: string) => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);

function parse(text: string): ConfigFile {
  const { $schema: _, ...config } = JSON.parse(text) as Record<string, unknown>;
  return config as ConfigFile;
}
