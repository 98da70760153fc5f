import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { SEED } from './matrix.ts';
import type { Pipeline } from './pipeline.ts';
import type { Task } from './tasks.ts';

/** A pipeline's config file: `seed`, and one section a stage; `$schema` is left out. */
export type ConfigFile = Record<string, unknown> & { seed: number };

/**
 * Reads a pipeline's config file and checks its sections; what is inside of them is the stages' business.
 *
 * @throws UserError a missing file, broken JSON; a line for each unknown or missing section, no seed
 */
export function loadConfigFile(root: string, pipeline: Pipeline): ConfigFile {
  const { config, mistakes } = readConfigFile(root, pipeline);
  if (mistakes.length) throw new UserError(mistakes.join('\n'));
  return config;
}

/** The same, with a line for each mistake in its sections instead of an error. */
export function readConfigFile(root: string, pipeline: Pipeline): { config: ConfigFile; mistakes: string[] } {
  const file = pipeline.config;
  if (!existsSync(join(root, file))) {
    throw new UserError(`missing config: ${file}. it is named in ${pipeline.dir}/pipeline.yaml`);
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(root, file), 'utf8'));
  } catch (error) {
    throw new UserError(`invalid json: ${(error as Error).message.split('\n')[0]}. correct ${file}`);
  }
  if (!isObject(json)) throw new UserError(`invalid config: ${file}. expected an object: { "seed": 0, … }`);
  // For editors: it says where the file's JSON Schema is.
  const { $schema: _, ...config } = json;
  const sections = new Set(['seed', ...Object.values(pipeline.stages).flatMap((stage) => stage.params)]);
  const allowed = [...sections].sort().join(', ');
  const wrong = [
    ...Object.keys(config)
      .filter((key) => !sections.has(key))
      .map((key) => `unknown config key: ${key}. allowed: ${allowed}`),
    ...[...sections]
      .filter((section) => section !== 'seed' && !isObject(config[section]))
      .map((section) => `missing config section: ${section}. write "${section}": {} for its defaults`),
  ];
  if (!Number.isSafeInteger(config.seed))
    wrong.push(`invalid config value: seed = ${JSON.stringify(config.seed) ?? 'nothing'}. expected an integer`);
  return { config: config as ConfigFile, mistakes: wrong.map((line) => `${line}. correct ${file}`) };
}

/** The seed of a task: of its own matrix, or the pipeline's. */
export const taskSeed = (config: ConfigFile, task: Task): number =>
  (task.values[SEED] as number | undefined) ?? config.seed;

/** A stage's section of the config file, with its matrix values put in at their keys (`optimizer.rate` goes deep). */
export function taskConfig(config: ConfigFile, task: Task): Record<string, unknown> {
  const section = structuredClone(config[task.spec.params[0]]) as Record<string, unknown>;
  for (const [path, value] of Object.entries(task.values)) {
    if (path === SEED) continue;
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

/** A stage does not know in which file its config is: `the config`, or `the config of ingest`, in its messages becomes that. */
export function nameConfig(message: string, { config }: Pick<Pipeline, 'config'>): string {
  return message.replace(
    /\b(correct|in|change) the config( of [\w-]+)?(?=$|[.,;\s])/gm,
    (_, verb: string) => `${verb} ${config}`,
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
