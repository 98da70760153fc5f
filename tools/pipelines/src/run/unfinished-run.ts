import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import { paramsDigest } from '../tracking/parent-params.ts';
import type { Params } from '../tracking/stage-log.ts';
import { readJsonIfSound } from './task-folder.ts';

/** Where it stands which parent run has not come to its end. */
export const unfinishedRun = (root: string, pipeline: Pipeline): string =>
  join(root, pipeline.dir, 'out/.runs/unfinished.json');

/**
 * The parent run in MLflow: that of the last run of the pipeline, if it was interrupted or failed and its params are
 * those of today, since a run's params may not change; or a new one.
 */
export async function parentRun(root: string, pipeline: Pipeline, params: () => Promise<Params>) {
  const file = unfinishedRun(root, pipeline);
  const left = readJsonIfSound<{ key: string; params?: string }>(file, 'key');
  // Also where it is no file.
  if (!left) rmSync(file, { recursive: true, force: true });
  const goesOn = left && left.params === paramsDigest(await params());
  const key = goesOn ? left.key : randomUUID();
  const begin = async () => {
    const values = await params();
    writeJson(file, { key, params: paramsDigest(values) });
    return values;
  };
  return { key, begin, done: () => rmSync(file, { force: true }) };
}
