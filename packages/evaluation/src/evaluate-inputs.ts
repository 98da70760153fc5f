import { type Encoder, openEncoder } from '@simclr/encoders';
import { type InputDataset, inputDatasets } from '@simclr/shards';
import { inputFolder, inputsOf, type StageContext } from '@simclr/stage';
import { logMachine } from '@simclr/tensorflow';
import type { ProbeConfig } from './config.ts';
import { type Evaluation, evaluateFeatures } from './evaluate-features.ts';
import { extractInput } from './extract-input.ts';
import type { FeatureSource } from './feature-source.ts';
import { openFeatures } from './features-folder.ts';
import { tellRows } from './summary.ts';
import { logTrials } from './tracking/log-trials.ts';

/** What is extracted where a probe has no features among its inputs. */
export interface InPlace {
  /** Of the datasets that the stage is given those to evaluate on. */
  datasets(given: readonly InputDataset[], encoder: Encoder): readonly InputDataset[];
  /** Looks at the shape of a dataset's images, null of files, before anything is computed. */
  check?(dataset: string, shape: readonly [number, number, number] | null, encoder: Encoder): void;
}

/**
 * Evaluates what a probe stage is given, dataset by dataset, and says the accuracies: features of the stage `features`, or
 * an encoder and images, of which the features are extracted here as that stage extracts them.
 */
export async function evaluateInputs(
  context: StageContext<ProbeConfig>,
  inPlace: InPlace,
): Promise<{ dataset: string; evaluation: Evaluation }[]> {
  const { log } = context;
  const evaluations: { dataset: string; evaluation: Evaluation }[] = [];
  logMachine(log);
  for await (const source of sourcesOf(context, inPlace)) {
    log.params({ 'encoder.hash': source.encoder.digest, 'encoder.parameters': source.encoder.parameters });
    const evaluation = await evaluateFeatures(source, context);
    tellRows(evaluation.rows, log);
    logTrials(evaluation.rows, { tests: [evaluation.tested], predictions: evaluation.predictions }, log);
    evaluations.push({ dataset: source.dataset, evaluation });
  }
  return evaluations;
}

async function* sourcesOf(context: StageContext<ProbeConfig>, inPlace: InPlace): AsyncGenerator<FeatureSource> {
  const { config, inputs, log } = context;
  const given = inputsOf(inputs, 'features');
  if (given.length) {
    for (const { folder } of given) {
      const source = openFeatures(folder);
      for (const [split, { rows, digest }] of Object.entries(source.splits)) {
        const name = `${source.dataset}/${split}`;
        log.dataset({ name, digest, context: split === 'test' ? 'evaluation' : 'training', source: folder, rows });
      }
      yield source;
    }
    return;
  }
  const encoder = await openEncoder(inputFolder(inputs, 'encoder'));
  try {
    for (const { name: dataset, ingest } of inPlace.datasets(inputDatasets(inputs), encoder)) {
      const check: InPlace['check'] = inPlace.check?.bind(inPlace);
      yield extractInput(dataset, {
        ...context,
        encoder,
        ingest,
        baselines: config.baselines ?? true,
        check: check && ((shape) => check(dataset, shape, encoder)),
      });
    }
  } finally {
    encoder.dispose();
  }
}
