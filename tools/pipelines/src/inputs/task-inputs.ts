import { createHash } from 'node:crypto';
import { configChanges } from '../definition/config-changes.ts';
import { type ConfigFile, taskConfig } from '../definition/config-file.ts';
import type { Task } from '../definition/tasks.ts';
import { codeOf, type Workspace } from '../definition/workspace.ts';
import { pinsOf } from './npm-lock.ts';
import type { OwnData } from './own-data.ts';
import { hashSources } from './source-files.ts';

/**
 * Everything that a task's result depends on. Nx (plugin.ts) and DVC (dvc-yaml.ts) track the same things in their own
 * ways; this record says in words what changed, and whether an interrupted stage may go on from its checkpoint.
 */
export interface TaskInputs {
  /** `seed`, and the stage's section of the config file. */
  config: Record<string, unknown>;
  /** Our packages → hash of their sources. */
  code: Record<string, string>;
  /** npm packages → version. */
  versions: Record<string, string>;
  /** Needed tasks → digest of their data. */
  needs: Record<string, string>;
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
  const { packages } = codeOf(workspace, task.spec.run);
  return {
    config: { seed: config.seed, [task.spec.params[0]]: taskConfig(config, task) },
    code: Object.fromEntries(packages.map((own) => [own.name, hashSources(workspace.root, own.dir)])),
    versions: Object.fromEntries(pinsOf(workspace, task.spec.run).map((pin) => [pin.name, pin.version])),
    needs: Object.fromEntries(task.needs.map(({ id }) => [id, digestOf(id)])),
    own,
  };
}

/** sha256 (hex) of the inputs: the same inputs in another key order have another fingerprint, which costs a resume at most. */
export function fingerprint(inputs: TaskInputs): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/**
 * What differs, in words: `config linearEval.l2 changed: 1 → 3`, `code of @simclr/nn changed`.
 *
 * @param describe says more of two versions of own data; nothing where it does not know
 */
export function describeChanges(
  before: TaskInputs,
  after: TaskInputs,
  describe: (before: string, after: string) => string = () => '',
): string[] {
  const names = (key: 'code' | 'versions' | 'needs') =>
    [...new Set([...Object.keys(before[key]), ...Object.keys(after[key])])].filter(
      (name) => before[key][name] !== after[key][name],
    );
  const own = Object.entries(after.own).flatMap(([source, now]) => {
    const then = before.own?.[source]; // run.json of an older version has no such key
    if (then === now) return [];
    const what = then && describe(then, now);
    return [`own data ${then ? 'changed' : 'not looked at before'}: ${source}${what ? `: ${what}` : ''}`];
  });
  return [
    ...configChanges(before.config, after.config),
    ...own,
    ...names('code').map((name) => `code of ${name} changed`),
    ...names('versions').map(
      (name) => `${name} changed: ${before.versions[name] ?? 'none'} → ${after.versions[name] ?? 'none'}`,
    ),
    ...names('needs').map((name) => `data of ${name} changed`),
  ];
}
