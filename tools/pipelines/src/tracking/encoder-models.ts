import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_JSON, ENCODER_WEIGHTS, readAnyEncoderInfo, readDatasetInfo } from '@simclr/artifacts';
import type { Journal } from '@simclr/mlflow';
import type { Manifest } from '@simclr/stage';
import type { Headline } from './headline.ts';
import { judgedBy, type Outcome } from './outcomes.ts';
import { flatten } from './stage-log.ts';

interface Encoders {
  /** Those of the run's own tasks, among which its encoders are. */
  own: readonly Outcome[];
  /** Of all tasks. */
  outcomes: readonly Outcome[];
  headlines(outcomes: readonly Outcome[]): Headline[];
}

/**
 * Logs encoders as models of a run, with the accuracies that are theirs, each linked to the split that it was measured on.
 * A model is known by the digest of its files: it is one, however many runs evaluate it.
 */
export function logModels(journal: Journal, { own, outcomes, headlines }: Encoders): void {
  const digests = testDigests(outcomes);
  for (const encoder of own) {
    if (encoder.gives !== 'encoder' || encoder.pretrainedOn === undefined) continue;
    const model = logModel(journal, encoder);
    for (const { name, value, dataset } of headlines(judgedBy(encoder, outcomes))) {
      const digest = digests.get(dataset);
      const about = { model, ...(digest && { dataset: { name: `${dataset}/test`, digest } }) };
      journal.metrics({ [name]: value }, undefined, about);
    }
  }
}

/** Returns its key. The files are linked, not copied: published data are never written into. */
function logModel(journal: Journal, { task, key: madeBy, data, digest }: Outcome): string {
  const { preprocessing: _, ...info } = readAnyEncoderInfo(data);
  // A graph may be a folder, or have its weights beside it.
  const files = 'file' in info ? listed(data) : [ENCODER_JSON, ...Object.values(ENCODER_WEIGHTS)];
  const params = Object.entries(info).flatMap(([name, value]) => Object.entries(flatten(value, name)));
  return journal.model({
    key: digest,
    // '.' and others are not allowed in names of logged models.
    name: task.id.replace(/[^\w-]+/g, '_'),
    modelType: 'encoder',
    files: Object.fromEntries(
      files.filter((file) => existsSync(join(data, file))).map((file) => [file, { link: join(data, file) }]),
    ),
    params: Object.fromEntries(params.map(([name, value]) => [name, String(value)])),
    tags: { 'simclr.made_by': madeBy },
  });
}

const listed = (data: string): string[] =>
  (JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as Manifest).files.map(({ path }) => path);

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
