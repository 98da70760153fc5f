import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_JSON, ENCODER_WEIGHTS, readAnyEncoderInfo, readDatasetInfo } from '@simclr/artifacts';
import { writeJson } from '@simclr/stage';
import type { Headline } from './headline.ts';
import { MODELS_FILE, type PlannedModel } from './model-plan.ts';
import { judgedBy, type Outcome } from './outcomes.ts';
import { flatten } from './stage-log.ts';

interface Encoders {
  root: string;
  outcomes: readonly Outcome[];
  headlines(outcomes: readonly Outcome[]): Headline[];
  /** Folder of the journal of the run that is to have a task's model. */
  homeOf(id: string): string;
}

/**
 * Notes beside the journals which encoders are to be logged as models, with the accuracies that are theirs: what sends the
 * journals sends them too, today or later.
 */
export function planModels({ root, outcomes, headlines, homeOf }: Encoders): void {
  const plans = outcomes
    .filter(({ gives, pretrainedOn }) => gives === 'encoder' && pretrainedOn !== undefined)
    .map((encoder) => {
      const found = headlines(judgedBy(encoder, outcomes));
      return { home: homeOf(encoder.task.id), model: planModel(root, encoder, found, testDigests(outcomes)) };
    });
  for (const [home, models] of Map.groupBy(plans, (plan) => plan.home))
    writeJson(
      join(home, MODELS_FILE),
      models.map(({ model }) => model),
    );
}

function planModel(
  root: string,
  { task, key, data, digest }: Outcome,
  found: readonly Headline[],
  digests: ReadonlyMap<string, string>,
): PlannedModel {
  const { preprocessing: _, ...info } = readAnyEncoderInfo(data);
  const weights = 'file' in info ? [info.file] : Object.values(ENCODER_WEIGHTS);
  const files = [ENCODER_JSON, ...weights].filter((file) => existsSync(join(data, file)));
  const params = Object.entries(info).flatMap(([name, value]) => Object.entries(flatten(value, name)));
  return {
    // '.' and others are not allowed in names of logged models.
    name: task.id.replace(/[^\w-]+/g, '_'),
    digest,
    folder: data.slice(root.length + 1),
    files,
    params: Object.fromEntries(params.map(([name, value]) => [name, String(value)])),
    madeBy: key,
    time: Date.now(),
    metrics: found.map(({ name, value, dataset }) => {
      const tested = digests.get(dataset);
      return { name, value, ...(tested && { dataset: { name: `${dataset}/test`, digest: tested.slice(0, 36) } }) };
    }),
  };
}

/** Digests of test splits by dataset, as inputs of runs have them. */
function testDigests(outcomes: readonly Outcome[]): Map<string, string> {
  const names = new Set(outcomes.flatMap(({ rows }) => rows.map(({ dataset }) => dataset)));
  const folders = outcomes.filter(({ gives }) => gives === 'dataset').map(({ data }) => data);
  const found = [...names].flatMap((name) => {
    const folder = folders.map((data) => join(data, name)).find((dir) => existsSync(join(dir, 'dataset.json')));
    return folder ? [[name, readDatasetInfo(folder).splits.test.digest] as const] : [];
  });
  return new Map(found);
}
