import { contextTags } from '@simclr/mlflow';
import { UserError } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Task } from '../definition/tasks.ts';
import { flatten, type Params } from './stage-log.ts';
import type { StudyItem } from './study-items.ts';

/** One experiment a pipeline. */
export function experimentName(pipeline: Pipeline): string {
  return process.env.MLFLOW_EXPERIMENT_NAME || pipeline.name;
}

/** Its id and, of an item of a matrix, which values that has: `pretrain@32-1 (batch=32, epochs=1)`. */
export function runName({ id, item }: Pick<Task, 'id' | 'item'>): string {
  const values = Object.entries(item).map(([key, name]) => `${key}=${name}`);
  return values.length ? `${id} (${values.join(', ')})` : id;
}

/**
 * What makes an item of a matrix the one it is: the names of its values, `matrix.objective`, and what they stand for at
 * the keys that the runs of their stages have too, `pretrain.objective.temperature`. Without a matrix, nothing.
 */
export function itemParams({ item, parameters }: Pick<Task, 'item' | 'parameters'>): Params {
  const values = Object.entries(parameters).map(([key, value]) => flatten(value, key));
  return Object.assign({}, flatten(item, 'matrix'), ...values);
}

/** What an item is compared by: the names of its values, and what they stand for, without those of datasets. */
export function studyParams({ item, tasks }: Pick<StudyItem, 'item' | 'tasks'>): Params {
  const compared = Object.assign({}, ...tasks.map(({ parameters }) => parameters));
  const values = Object.entries(compared)
    .filter(([key]) => Object.hasOwn(item, key.slice(key.indexOf('.') + 1)))
    .map(([key, value]) => flatten(value, key));
  return Object.assign({}, flatten(item, 'matrix'), ...values);
}

/** `simclr.run_key` of the run of a study's item, below the parent of that key. */
export const itemRunKey = (parentKey: string, item: string): string => `${parentKey}.${item}`;

/** The run that a task's is shown below: of its item, if it is of one, or the parent. */
export const itemRunOf = (parentKey: string, item: StudyItem | undefined): string =>
  item ? itemRunKey(parentKey, item.name) : parentKey;

/**
 * What a metric of a task is called in the parent run: `transfer/digits/pretrained/top_1_accuracy`, also of
 * `transfer@digits`, whose metrics have the name of its item in theirs. '@' is not allowed in MLflow's names.
 */
export function parentMetric(id: string, metric: string): string {
  const [stage, item] = id.split('@') as [string, string | undefined];
  const named = item === undefined || metric.startsWith(`${item}/`) || metric.startsWith(`${item}-`);
  return [stage, ...(named ? [] : [item]), metric].join('/');
}

/** The tags of a pipeline's runs: who, which commit, which pipeline. Throws a UserError for a bad MLFLOW_RUN_CONTEXT. */
export function runTags(root: string, pipeline: Pipeline): Record<string, string> {
  return {
    ...context(root),
    'mlflow.source.type': 'PROJECT',
    'mlflow.source.name': `${pipeline.dir}/pipeline.yaml`,
    'simclr.pipeline': pipeline.name,
  };
}

function context(root: string): Record<string, string> {
  try {
    return contextTags({ cwd: root });
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}
