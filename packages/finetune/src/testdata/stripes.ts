import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_WEIGHTS, preprocessing, writeDatasetInfo, writeEncoderInfo } from '@simclr/artifacts';
import { initTrainState, modelWeights, saveSafetensors, type TrainStepArgs } from '@simclr/nn';
import { writePixelSplit } from '@simclr/shards';
import { addressed, parseConfig, type StageContext, soleInputs } from '@simclr/stage';
import { FinetuneConfig } from '../config.ts';
import { gridsOf } from '../recipe.ts';

const SHAPE = [8, 8, 1] as const;
const CLASSES = ['across', 'down', 'corner'];

export interface StripesOptions {
  /** Rows of the splits; a validation split where it is given. */
  rows?: { train?: number; validation?: number; test?: number };
  metric?: 'top-1' | 'mean-per-class';
  /** Label of each test row, of the one that its image shows. */
  testLabel?: (label: number, row: number) => number;
  /** So many of the first test images are training images too. */
  copied?: number;
}

/** A dataset in `dir`/ingest and an encoder in `dir`/pretrain: images of three classes, stripes and a bright corner, with noise. */
export async function writeStripes(dir: string, { rows = {}, metric = 'top-1', testLabel, copied = 0 }: StripesOptions = {}): Promise<void> {
  const random = addressed(1);
  const counts = { train: 120, test: 60, ...rows };
  let learned: Uint8Array[] = [];
  const splits: Record<string, { rows: number; digest: string; list: string }> = {};
  for (const [split, count] of Object.entries(counts)) {
    const images = Array.from({ length: count }, (_, row) => {
      const shown = row % 3;
      const label = split === 'test' && testLabel ? testLabel(shown, row) : shown;
      const known = split === 'test' && row < copied ? learned[row] : undefined;
      return { pixels: known ?? imageOf(shown, random.next.bind(random)), label };
    });
    if (split === 'train') learned = images.map(({ pixels }) => pixels);
    await writePixelSplit(join(dir, 'ingest/stripes', split), { classes: CLASSES, shape: SHAPE }, images, {
      dataset: 'stripes',
      split: split as 'train',
    });
    splits[split] = { rows: count, digest: split, list: split };
  }
  writeDatasetInfo(join(dir, 'ingest/stripes'), {
    ...{ name: 'stripes', title: 'Stripes', metric, severalLabels: false, classes: 3, skipped: 0, missing: 0 },
    splits: splits as never,
  });
  writeEncoder(join(dir, 'pretrain'));
}

function imageOf(label: number, next: () => number): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, at) => {
    const [y, x] = [Math.floor(at / 8), at % 8];
    const bright = label === 0 ? y % 4 < 2 : label === 1 ? x % 4 < 2 : x + y < 6;
    return (bright ? 160 : 60) + Math.floor(60 * next());
  });
}

/** A network as pretraining starts: initial weights, with a projection head of two layers. */
export function writeEncoder(folder: string, shape: readonly [number, number, number] = SHAPE, dataset = 'stripes'): void {
  const args: TrainStepArgs = {
    network: { depth: 10, width: 4, stem: 'cifar', channels: shape[2] },
    head: { kind: 'nonlinear', layers: 2, outDim: 8 },
    objective: { temperature: 0.5, normalize: true, scale: 'paper' },
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
    batch: 8,
    inputShape: [...shape],
  };
  const { encoder, projection } = modelWeights(args, initTrainState(args, 5));
  mkdirSync(folder, { recursive: true });
  saveSafetensors(join(folder, ENCODER_WEIGHTS.encoder), encoder);
  saveSafetensors(join(folder, ENCODER_WEIGHTS.projection), projection);
  writeEncoderInfo(folder, {
    architecture: args.network,
    ...{ inputShape: [...shape], preprocessing: preprocessing(shape, 1, 'bicubic'), featureDim: 32 },
    ...{ policy: 'crop', dataset, steps: 0, seed: 5, precision: 'fp32' },
  });
}

const GRIDS = {
  grid: { learningRates: [0.05, 0.2], weightDecays: [0, 1e-3], steps: 12, batch: 16 },
  gridFromRandom: { learningRates: [0.05], weightDecays: [1e-4], steps: 60, batch: 16 },
};

/** A small config: seconds, where the paper's takes days. Grids are those that it reads. */
export function configOf(changes: object = {}): FinetuneConfig {
  const small = { weights: ['pretrained'], precision: 'fp32', logEvery: 1, ...changes };
  const parsed = parseConfig(FinetuneConfig, { ...GRIDS, ...small }, 'finetune', 'test.json');
  const { grid, gridFromRandom, ...config } = parsed;
  const used = gridsOf(parsed);
  const read = { ...(used.includes(grid) && { grid }), ...(used.includes(gridFromRandom) && { gridFromRandom }) };
  return parseConfig(FinetuneConfig, { ...config, ...read }, 'finetune', 'test.json');
}

/** What the stage is given: `dir`/`name`/{out,work} are made. */
export function contextOf(
  dir: string,
  name: string,
  config: FinetuneConfig,
): Omit<StageContext<FinetuneConfig>, 'log' | 'signal'> {
  const [out, work] = [join(dir, name, 'out'), join(dir, name, 'work')];
  for (const folder of [out, work]) mkdirSync(folder, { recursive: true });
  const inputs = soleInputs({ dataset: { folder: join(dir, 'ingest') }, encoder: { folder: join(dir, 'pretrain') } });
  return { config, inputs, out, work, seed: 3 };
}
