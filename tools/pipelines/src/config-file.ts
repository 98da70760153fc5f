import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import type { Pipeline } from './pipeline.ts';
import type { Task } from './tasks.ts';

/** A pipeline's config file: `seed`, and one section a stage. */
export type ConfigFile = Record<string, unknown> & { seed: number };

/**
 * Reads a pipeline's config file and checks its sections; what is inside of them is the stages' business.
 *
 * @throws UserError a missing file, broken JSON; a line for each unknown or missing section, no seed
 */
export function loadConfigFile(root: string, pipeline: Pipeline): ConfigFile {
  const file = pipeline.config;
  if (!existsSync(join(root, file))) {
    throw new UserError(`missing config: ${file}. it is named in ${pipeline.dir}/pipeline.yaml`);
  }
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, unknown>;
  } catch (error) {
    throw new UserError(`invalid json: ${(error as Error).message.split('\n')[0]}. correct ${file}`);
  }
  const sections = new Set(['seed', ...Object.values(pipeline.stages).flatMap((stage) => stage.params)]);
  const allowed = [...sections].sort().join(', ');
  const wrong = [
    ...Object.keys(json)
      .filter((key) => !sections.has(key))
      .map((key) => `unknown config key: ${key}. allowed: ${allowed}`),
    ...[...sections]
      .filter((section) => section !== 'seed' && !isObject(json[section]))
      .map((section) => `missing config section: ${section}. write "${section}": {} for its defaults`),
  ];
  if (!Number.isSafeInteger(json.seed))
    wrong.push(`invalid config value: seed = ${JSON.stringify(json.seed) ?? 'nothing'}. expected an integer`);
  if (wrong.length) throw new UserError(wrong.map((line) => `${line}. correct ${file}`).join('\n'));
  return json as ConfigFile;
}

/** A stage's section of the config file, with its matrix values put in at their keys (`optimizer.rate` goes deep). */
export function taskConfig(config: ConfigFile, task: Task): Record<string, unknown> {
  const section = structuredClone(config[task.spec.params[0]]) as Record<string, unknown>;
  for (const [path, value] of Object.entries(task.values)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let at = section;
    for (const key of keys) {
      if (!isObject(at[key])) at[key] = {};
      at = at[key] as Record<string, unknown>;
    }
    at[last] = structuredClone(value);
  }
  return section;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
