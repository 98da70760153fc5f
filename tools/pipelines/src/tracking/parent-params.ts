import { createHash } from 'node:crypto';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Run } from '../definition/run.ts';
import { loadStage, parseTaskConfig } from '../definition/stages.ts';
import { asParam, type Leaf, leaves, type Params } from './stage-log.ts';

/**
 * The params of a parent run: the seed and the stages' configs, defaults filled in, under the names that the stages'
 * own runs have. So two parents differ in the keys in which the runs differ. Where the items of a matrix have different
 * values at a key, it has the list of them: `pretrain.temperature` = `[0.1,0.5]`.
 *
 * @throws UserError one line, for an error in a config
 */
export async function parentParams({ workspace, pipeline, tasks }: Run, config: ConfigFile): Promise<Params> {
  const items: Record<string, Leaf>[] = [];
  for (const task of tasks) {
    const stage = await loadStage(workspace, task);
    items.push(leaves(parseTaskConfig(stage, config, pipeline, task), task.spec.params[0]));
  }
  return { seed: config.seed, ...mergeItems(items) };
}

/** One set of params of several: a value that all have as it is, different ones as a JSON list, each once. */
export function mergeItems(items: Record<string, Leaf>[]): Params {
  const values = new Map<string, Map<string, Leaf>>();
  for (const [key, leaf] of items.flatMap((item) => Object.entries(item)))
    values.set(key, (values.get(key) ?? new Map<string, Leaf>()).set(JSON.stringify(leaf), leaf));
  const merged = Array.from(values, ([key, all]): [string, Params[string]] => {
    const [first, ...others] = all.values();
    return [key, asParam(others.length ? [first, ...others] : first!)];
  });
  return Object.fromEntries(merged);
}

/** Tells the params of one run from those of another, in whatever order they are. */
export function paramsDigest(params: Params): string {
  const text = JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(text).digest('hex');
}
