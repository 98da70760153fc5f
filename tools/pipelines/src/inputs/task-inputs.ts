import { createHash } from 'node:crypto';
import { configChanges } from '../definition/config-changes.ts';
import { type ConfigFile, taskConfig, taskSeed } from '../definition/config-file.ts';
import type { Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { stageCode } from './code/stage-code.ts';
import type { OwnData } from './own-data.ts';

/**
 * Everything that a task's result depends on. Nx (plugin.ts) and DVC (dvc-yaml.ts) track the same things in their own
 * ways; this record says in words what changed, and whether an interrupted stage may go on from its checkpoint.
 */
export interface TaskInputs {
  /** `seed`, and the stage's section of the config file. */
  config: Record<string, unknown>;
  /** Each file of ours that the stage reaches → its identity. An older version has our packages → hash of their sources. */
  code: Record<string, string>;
  /** npm packages → version; those that a reached file imports, and all that they need. */
  versions: Record<string, string>;
  /** Needed tasks → digest of their data. */
  needs: Record<string, string>;
  /** Needed tasks → what they are taken for, and the item of them, as the stage is told. Absent in a record of an older version. */
  wiring?: Record<string, string>;
  /** The user's folders and files that the config names → digest of what is in them. */
  own: OwnData;
}

/** @param digestOf the digest of a needed task's data; a missing one is an empty string */
export function taskInputs(
  workspace: Workspace,
  config: ConfigFile,
  task: Task,
  digestOf: (id: string) => string,
  own: OwnData = {},
): TaskInputs {
  const { files, versions } = stageCode(workspace, task.spec.run, task.spec.folder);
  return {
    config: { seed: taskSeed(config, task), [task.spec.params[0]]: taskConfig(config, task) },
    code: files,
    versions,
    needs: Object.fromEntries(task.needs.map(({ id }) => [id, digestOf(id)])),
    wiring: Object.fromEntries(task.needs.map(({ id, role, item }) => [id, `${role} ${JSON.stringify(item)}`])),
    own,
  };
}

/** sha256 (hex) of the inputs: the same inputs in another key order have another fingerprint, which costs a resume at most. */
export function fingerprint(inputs: TaskInputs): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/**
 * What differs, in words: `config linearEval.l2 changed: 1 → 3`, `code of packages/nn/src/x.ts changed`.
 *
 * @param describe says more of two versions of own data; nothing where it does not know
 * @param named files or packages that are named; where there are more, the others are counted
 */
export function describeChanges(
  before: TaskInputs,
  after: TaskInputs,
  describe: (before: string, after: string) => string = () => '',
  named = NAMED,
): string[] {
  const own = Object.entries(after.own).flatMap(([source, now]) => {
    const then = before.own?.[source]; // run.json of an older version has no such key
    if (then === now) return [];
    const what = then && describe(then, now);
    return [`own data ${then ? 'changed' : 'not looked at before'}: ${source}${what ? `: ${what}` : ''}`];
  });
  return [
    ...configChanges(before.config, after.config),
    ...own,
    ...codeChanges(before, after, named),
    ...changedNames(before.needs, after.needs).map((name) => {
      if (!(name in before.needs)) return `needs ${name} now`;
      return name in after.needs ? `data of ${name} changed` : `needs ${name} no more`;
    }),
    ...wiringChanges(before.wiring ?? {}, after.wiring ?? {}),
  ];
}

/** Of what is needed as before. */
const wiringChanges = (before: Record<string, string>, after: Record<string, string>): string[] =>
  Object.entries(before).flatMap(([id, was]) => {
    const now = after[id] ?? was;
    return now === was ? [] : [`input ${id} changed: ${was} → ${now}`];
  });

/** What differs besides the code. Which npm packages it takes is part of that, their versions are not. */
export function otherChanges(before: TaskInputs, after: TaskInputs): string[] {
  const both = Object.entries(before.versions).filter(([name]) => name in after.versions);
  const versions = { ...after.versions, ...Object.fromEntries(both) };
  return describeChanges({ ...before, code: after.code, versions }, after);
}

const NAMED = 3;

/** What differs in our code and in what it takes from npm: which packages those are, follows from the code. */
export function codeChanges(before: TaskInputs, after: TaskInputs, named = NAMED): string[] {
  if (isOfPackages(before)) return ['code not compared: recorded by an older version'];
  const files = changedNames(before.code, after.code).map((name) => `code of ${name} changed`);
  const versions = changedNames(before.versions, after.versions).map(
    (name) => `${name} changed: ${before.versions[name] ?? 'none'} → ${after.versions[name] ?? 'none'}`,
  );
  return [...shorten(files, 'files', named), ...shorten(versions, 'packages', named)];
}

/** Whether a record of inputs names the code by packages: an older version's, which took all that they hold. */
const isOfPackages = ({ code }: TaskInputs) => Object.keys(code).some((name) => name.startsWith('@'));

const changedNames = (before: Record<string, string>, after: Record<string, string>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);

const shorten = (lines: string[], what: string, named: number): string[] =>
  lines.length <= named + 1 ? lines : [...lines.slice(0, named), `${lines.length - named} more ${what} changed`];
