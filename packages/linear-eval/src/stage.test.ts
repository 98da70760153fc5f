import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  preprocessing,
  type ResultRow,
  readFeatures,
  readPredictions,
  readResults,
  writeEncoderInfo,
} from '@simclr/artifacts';
import { openEncoder } from '@simclr/encoders';
import { extractInput, writeFeaturesFolder } from '@simclr/evaluation/extraction';
import { initResNet, saveSafetensors } from '@simclr/nn';
import { topOne } from '@simclr/probe';
import { loadPixels, writePixelSplit } from '@simclr/shards';
import { addressed, memoryLog, parseConfig, type StageInputs, type StagePlan, soleInputs } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinearEvalConfig } from './config.ts';
import planExtracting from './in-place/plan.ts';
import extracting from './in-place/stage.ts';
import planLinearEval from './plan.ts';
import stage from './stage.ts';

let dir: string;
const network = { depth: 10, width: 4, stem: 'cifar', channels: 1 } as const;

async function split(name: string, rows: number, side: number, seed: number): Promise<void> {
  const random = addressed(seed);
  const shape = [side, side, 1] as const;
  const images = Array.from({ length: rows }, (_, i) => {
    const label = i % 2;
    return {
      label,
      pixels: Uint8Array.from(
        { length: side * side },
        (_, at) => ((label ? at % side : at / side) % 4 < 2 ? 180 : 30) + 60 * random.next(),
      ),
    };
  });
  const [dataset, part] = name.split('/') as [string, string];
  await writePixelSplit(join(dir, 'ingest', name), { classes: ['across', 'down'], shape }, images, {
    dataset,
    split: part,
  });
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'linear-eval-'));
  await split('stripes/train', 100, 8, 1);
  await split('stripes/test', 40, 8, 2);
  await split('large/train', 10, 12, 3);
  await split('large/test', 10, 12, 4);
  const { params, stats } = initResNet(network, 5);
  saveSafetensors(join(dir, 'pretrain/encoder.safetensors'), { ...params, ...stats });
  writeEncoderInfo(join(dir, 'pretrain'), {
    architecture: network,
    inputShape: [8, 8, 1],
    preprocessing: preprocessing([8, 8, 1], 1, 'bicubic'),
    featureDim: 32,
    policy: 'crop',
    dataset: 'stripes',
    steps: 1,
    seed: 5,
    precision: 'fp32',
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

const images = () =>
  soleInputs({ dataset: { folder: join(dir, 'ingest') }, encoder: { folder: join(dir, 'pretrain') } });

async function run(config: object, name: string, { run } = extracting, inputs: StageInputs = images()) {
  const out = join(dir, name);
  mkdirSync(out);
  const log = memoryLog();
  const parsed = parseConfig(LinearEvalConfig, { l2s: [1, 10], ...config }, 'linearEval', 'c.json');
  const result = await run({
    config: parsed,
    inputs,
    out,
    work: out,
    log,
    seed: 1,
    signal: new AbortController().signal,
  });
  const read = (file: string) => JSON.parse(readFileSync(join(out, file), 'utf8'));
  return { result, log, read, out };
}

describe('linear-eval', () => {
  it('evaluates three kinds of features, with all labels and some, and writes what the report needs', async () => {
    const { result, log, read, out } = await run(
      { labelFractions: [1, 0.2], draws: 2, neighbours: { queries: 3, k: 2 } },
      'a',
    );
    const { linear: rows, knn } = Object.groupBy(readResults(out).rows, ({ protocol }) => protocol) as {
      [protocol in 'linear' | 'knn']: ResultRow[];
    };
    expect(rows.map((row) => `${row.features} ${row.labelFraction} ${row.draw} ${row.trainRows}`)).toEqual(
      ['pretrained', 'random-init', 'pixels'].flatMap((features) => [
        `${features} 1 0 100`,
        `${features} 0.2 0 20`,
        `${features} 0.2 1 20`,
      ]),
    );
    expect(result.metrics['linear/pixels/top_1_accuracy']).toBeGreaterThan(0.9);
    expect(result.metrics['linear-20pct/pretrained/top_1_accuracy_std']).toBeGreaterThanOrEqual(0);
    expect(readFeatures(join(out, 'features/pretrained/test.arrow'))).toMatchObject({ dim: 32 });
    const { queries, neighbours } = read('neighbours.json');
    expect(queries).toHaveLength(3);
    for (const found of neighbours) expect(new Set(found).size).toBe(2);
    const { labels, digest } = loadPixels(join(dir, 'ingest/stripes/test'));
    const { predictions, tests } = readPredictions(out);
    expect(tests).toEqual([
      { dataset: 'stripes', digest, metric: 'top-1', classes: ['across', 'down'], labels: Array.from(labels) },
    ]);
    expect(predictions.map(({ predicted }) => topOne(predicted, labels))).toEqual(
      readResults(out).rows.map((row) => row.score),
    );
    expect(rows[0]!.curve!.map(({ at }) => at)).toEqual([{ l2: 10 }, { l2: 1 }]);
    expect(log.logged.datasets.map((d) => `${d.name} ${d.context}`)).toEqual([
      'stripes/train training',
      'stripes/test evaluation',
    ]);
    expect(log.logged.datasets[1]!.digest).toBe(digest);
    for (const key of ['encoder.hash', 'rows.stripes-20pct.0', 'rows.stripes-20pct.1'])
      expect(log.logged.params[key]).toMatch(/^[0-9a-f]{16}$/);
    expect(log.logged.params['rows.stripes-20pct.0']).not.toBe(log.logged.params['rows.stripes-20pct.1']);
    expect(result.metrics['linear-knn/pixels/top_1_accuracy']).toBeGreaterThan(0.9);
    expect(knn).toMatchObject(
      ['pretrained', 'random-init', 'pixels'].map((features) => {
        const score = result.metrics[`linear-knn/${features}/top_1_accuracy`];
        return { dataset: 'stripes', features, choice: { k: 20 }, trainRows: 100, testRows: 40, score, top1: score };
      }),
    );
    // How long it took is told and tracked, and no part of the results, which are the same again.
    expect(log.logged.info).toContainEqual(
      expect.stringMatching(/^stripes: features \d+\.\d s, linear \d+\.\d s, knn \d+\.\d s$/),
    );
    const seconds = Object.keys(log.logged.tags).filter((name) => name.startsWith('seconds/'));
    expect(seconds).toEqual(['extraction', 'linear', 'knn'].map((part) => `seconds/stripes/${part}`));
    expect(Object.keys(result.metrics).some((key) => key.startsWith('seconds/'))).toBe(false);
  });

  it('gives equal results for an equal seed', async () => {
    const [a, b] = [await run({ baselines: false }, 'b'), await run({ baselines: false }, 'c')];
    expect(b.read('results.json')).toEqual(a.read('results.json'));
    expect(a.read('results.json').rows).toHaveLength(2);
  });

  it('makes of ready features what it makes of images, and nothing of a config that says how they are extracted', async () => {
    const encoder = await openEncoder(join(dir, 'pretrain'));
    const options = { ingest: join(dir, 'ingest'), encoder, baselines: true, seed: 1, log: memoryLog() };
    await writeFeaturesFolder(join(dir, 'features'), await extractInput('stripes', options));
    encoder.dispose();
    const ready = soleInputs({ features: { folder: join(dir, 'features') } });
    const config = { labelFractions: [1, 0.2], draws: 2 };
    const [of, from] = [await run(config, 'of-features', stage, ready), await run(config, 'of-images')];
    for (const file of ['results.json', 'predictions.json', 'neighbours.json'])
      expect(of.read(file), file).toEqual(from.read(file));
    expect(of.log.logged.datasets.map(({ name, digest }) => [name, digest])).toEqual(
      from.log.logged.datasets.map(({ name, digest }) => [name, digest]),
    );
    await expect(run({ dataset: 'stripes' }, 'f', stage, ready)).rejects.toThrow(/^unused: dataset of linear-eval, /);
  });

  it('says when the dataset does not fit the encoder, or there is none', async () => {
    await expect(run({ dataset: 'large' }, 'd')).rejects.toThrow(
      /^shapes differ: large is 12×12×1, the encoder takes 8×8×1\./,
    );
    await expect(run({ dataset: 'dots' }, 'e')).rejects.toThrow(
      'unknown dataset: dots. the stages before write: large, stripes. correct linearEval.dataset in the config',
    );
  });
});

describe('the plan', () => {
  it('finds out before anything runs that the encoder cannot take the images', () => {
    const plan = (config: object, inputShape: readonly [number, number, number]) => {
      const datasets = { grey: { shape: [28, 28, 1] as const }, files: { shape: null } };
      const encoder = { dataset: 'grey', inputShape };
      return planExtracting(
        parseConfig(LinearEvalConfig, config, 'linearEval', 'c.json'),
        soleInputs<{ plan: StagePlan }>({
          dataset: { plan: { facts: {}, datasets } },
          encoder: { plan: { facts: {}, encoder } },
        }),
      );
    };
    expect(plan({}, [28, 28, 1]).facts).toEqual({ dataset: 'grey' });
    expect(plan({ dataset: 'files' }, [96, 96, 3]).facts).toEqual({ dataset: 'files' });
    expect(() => plan({ dataset: 'files' }, [28, 28, 1])).toThrow(/^channels differ: files is decoded to 3, /);
    expect(() => plan({}, [28, 28, 3])).toThrow(
      'shapes differ: grey is 28×28×1, the encoder takes 28×28×3. evaluate it in the stage transfer, which resizes',
    );
    expect(() => plan({ dataset: 'gray' }, [28, 28, 1])).toThrow(/^unknown dataset: gray\. /);
  });

  it('of features has nothing to find out, and refuses what says how they are extracted', () => {
    const plan = (config: object) => planLinearEval(parseConfig(LinearEvalConfig, config, 'linearEval', 'c.json'));
    expect(plan({ l2s: [1] })).toEqual({ facts: {} });
    expect(() => plan({ baselines: false, dataset: 'a' })).toThrow(
      /^unused: baselines, dataset of linear-eval, which reads features\. /,
    );
  });
});
