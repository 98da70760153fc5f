import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History, readHistory, writeViewPolicy } from '@simclr/artifacts';
import { extractFeatures, graphEmbedder } from '@simclr/encoders';
import { definitions, loadSafetensors } from '@simclr/nn';
import { loadPixels } from '@simclr/shards';
import { Interrupted, type MemoryLog, memoryLog, parseConfig, soleInputs, UserError } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { readCheckpoint } from '@simclr/training';
import { evaluationImages } from '@simclr/views';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PretrainConfig } from './config.ts';
import { makeMonitor } from './monitor.ts';
import stage from './stage.ts';
import { makeInputs, SHAPE as shape } from './testdata/stripes.ts';

let dir: string;
/** Each test has its own outputs, of the same inputs. */
let test = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pretrain-'));
  await makeInputs(dir);
});
beforeEach(() => {
  test++;
});
afterAll(() => rmSync(dir, { recursive: true }));

const config = parseConfig(
  PretrainConfig,
  {
    dataset: 'stripes',
    network: { depth: 10, width: 4 },
    head: { outDim: 8 },
    objective: { temperature: 0.2 },
    optimizer: { name: 'sgd' },
    learningRate: { base: 2, warmupEpochs: 1 },
    batch: 16,
    epochs: 4,
    precision: 'fp32',
    monitor: { everyEpochs: 1, bank: 80, queries: 40, k: 5 },
    logEvery: 1,
  },
  'pretrain',
  'test.json',
);

/** Runs the stage; `stopAt`: aborts once that step's metrics are logged. */
async function run(
  name: string,
  log: MemoryLog,
  stopAt?: number,
  changes: Partial<PretrainConfig> = {},
): Promise<string> {
  const [out, work] = ['out', 'work'].map((folder) => join(dir, String(test), name, folder)) as [string, string];
  for (const folder of [out, work]) mkdirSync(folder, { recursive: true });
  const abort = new AbortController();
  const watched: MemoryLog = {
    ...log,
    metrics(metrics, step = 0) {
      log.metrics(metrics, step);
      if (step === stopAt) abort.abort();
    },
  };
  const inputs = soleInputs({ dataset: { folder: join(dir, 'ingest') }, views: { folder: join(dir, 'augment') } });
  await stage.run({
    config: { ...config, ...changes },
    inputs,
    out,
    work,
    log: watched,
    seed: 3,
    signal: abort.signal,
  });
  return out;
}

interface Whole {
  out: string;
  log: MemoryLog;
}

/** An undisturbed run, the same for all tests that ask for it. */
function once(name: string, changes: Partial<PretrainConfig> = {}): () => Promise<Whole> {
  let made: Promise<Whole> | undefined;
  return () => {
    const log = memoryLog();
    made ??= run(name, log, undefined, changes).then((out) => ({ out, log }));
    return made;
  };
}
/** Of the config as it is. */
const plain = once('plain');
const AVERAGED = { onlineProbe: true, ema: 0.9 } as const;
const averaged = once('averaged', AVERAGED);

describe('pretrain', () => {
  it('learns, and writes encoder, head and curves', async () => {
    const { out, log } = await plain();
    const history = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as {
      train: { loss: number }[];
      knn: { accuracy: number }[];
    };
    expect(history.train).toHaveLength(31); // 120 · 4 // 16 + 1
    const mean = (points: { loss: number }[]) => points.reduce((sum, point) => sum + point.loss, 0) / points.length;
    expect(mean(history.train.slice(-5))).toBeLessThan(mean(history.train.slice(0, 5)) - 0.1);
    expect(history.knn.at(-1)!.accuracy).toBeGreaterThan(0.6);
    const encoder = loadSafetensors(join(out, 'encoder.safetensors')).tensors;
    expect(Object.keys(encoder).some((name) => name.includes('Momentum') || name.startsWith('head/'))).toBe(false);
    expect(encoder['stem/conv1/kernel']!.shape).toEqual([3, 3, 1, 4]);
    const steps = log.logged.metrics.filter(({ key }) => key === 'train/contrast_loss').map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
    expect(log.logged.datasets).toMatchObject([{ name: 'stripes/train', rows: 120, context: 'training' }]);
  });

  it('stopped and resumed, ends with the bytes of a run that was not, and logs no step twice', async () => {
    const whole = (await plain()).out;
    const log = memoryLog();
    await expect(run('b', log, 13)).rejects.toThrow(Interrupted);
    expect(readCheckpoint(join(dir, String(test), 'b/work'), History)?.step).toBe(13);
    const resumed = await run('b', log);
    expect(log.logged.info).toContain('resuming at step 13 of 31');
    for (const file of ['encoder.safetensors', 'projection.safetensors', 'history.json', 'encoder.json']) {
      expect(readFileSync(join(resumed, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
    }
    const steps = log.logged.metrics.filter(({ key }) => key === 'train/contrast_loss').map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
  });

  it('goes chunk by chunk, with state of the same names', async () => {
    const whole = (await plain()).out;
    const chunks = await run('b', memoryLog(), undefined, { epochs: 1, chunk: 8 });
    const losses = [whole, chunks].map((out) => readHistory(out).train.map(({ loss }) => loss));
    expect(losses[1]).toHaveLength(8);
    // Batch norm has other statistics: near, but not the same.
    expect(Math.abs(losses[1]![0]! / losses[0]![0]! - 1)).toBeLessThan(0.2);
    expect(losses[1]![0]).not.toBe(losses[0]![0]);
    const names = (out: string) => Object.keys(loadSafetensors(join(out, 'encoder.safetensors')).tensors);
    expect(names(chunks)).toEqual(names(whole));
  });

  it('trains on views made in the step as on those of the workers, and resumes', async () => {
    // Rates, which rise in the first epoch, are those of a run of several.
    const device = { ...AVERAGED, views: 'device', epochs: 1 } as const;
    const made = await run('device', memoryLog(), undefined, device);
    const given = (await averaged()).out;
    const [losses, others] = [made, given].map((out) => readHistory(out).train.map(({ loss }) => loss));
    expect(losses).toHaveLength(8);
    // Views differ by 10⁻⁶, and every step of so small a network makes ten times as much of it.
    for (const [i, bound] of [1e-5, 1e-4, 1e-3].entries())
      expect(Math.abs(losses![i]! / others![i]! - 1), `step ${i}`).toBeLessThan(bound);
    await expect(run('part', memoryLog(), 3, device)).rejects.toThrow(Interrupted);
    const resumed = await run('part', memoryLog(), undefined, device);
    for (const file of ['encoder.safetensors', 'projection.safetensors', 'history.json'])
      expect(readFileSync(join(resumed, file)).equals(readFileSync(join(made, file))), file).toBe(true);
  });

  it('trains the supervised baseline on the same views', async () => {
    const log = memoryLog();
    const out = await run('s', log, undefined, { objective: { kind: 'supervised' } });
    expect(readdirSync(out).sort()).toEqual(['encoder.json', 'encoder.safetensors', 'history.json']);
    const { train } = readHistory(out);
    expect(train[0]).not.toHaveProperty('contrastAcc');
    const mean = (points: { supervisedAcc?: number }[]) =>
      points.reduce((sum, point) => sum + point.supervisedAcc!, 0) / points.length;
    expect(mean(train.slice(-5))).toBeGreaterThan(mean(train.slice(0, 5)) + 0.2);
    expect(new Set(log.logged.metrics.map(({ key }) => key))).toContain('train/supervised_loss');
    const { tensors } = loadSafetensors(join(out, 'encoder.safetensors'));
    expect(Object.keys(tensors).some((name) => name.startsWith('head'))).toBe(false);
  });

  it('with a probe beside it and averaged weights publishes these, and resumes', async () => {
    const { out: whole, log } = await averaged();
    const accuracies = log.logged.metrics.filter(({ key }) => key === 'train/supervised_acc').map(({ value }) => value);
    expect(accuracies).toHaveLength(31);
    expect(accuracies.slice(-5).reduce((a, b) => a + b) / 5).toBeGreaterThan(0.5);
    const kernel = (out: string) =>
      loadSafetensors(join(out, 'encoder.safetensors')).tensors['stem/conv1/kernel']!.data;
    expect(kernel(whole)).not.toEqual(kernel((await plain()).out));
    await expect(run('part', memoryLog(), 13, AVERAGED)).rejects.toThrow(Interrupted);
    expect(kernel(await run('part', memoryLog(), undefined, AVERAGED))).toEqual(kernel(whole));
  });

  it('trains a network with gates by Adam', async () => {
    const network = { depth: 10, width: 4, stem: 'cifar', seRatio: 0.25 } as const;
    const optimizer = { name: 'adam', weightDecay: 1e-4 } as const;
    const learningRate = { base: 0.1, scaling: 'linear', warmupEpochs: 0 } as const;
    const out = await run('a', memoryLog(), undefined, { network, optimizer, learningRate });
    const encoder = JSON.parse(readFileSync(join(out, 'encoder.json'), 'utf8'));
    expect(encoder.architecture).toEqual({ ...network, channels: 1 });
    const names = Object.keys(loadSafetensors(join(out, 'encoder.safetensors')).tensors);
    expect(names.filter((name) => name.includes('/se'))).not.toHaveLength(0);
    expect(names.some((name) => /\/[mv]$|correction/.test(name))).toBe(false);
    expect(readHistory(out).knn.at(-1)!.accuracy).toBeGreaterThan(0.6);
  });

  it.each([
    ['trained', plain],
    ['averaged', averaged],
  ])('monitors the weights that it publishes: %s', async (_, whole) => {
    const { out } = await whole();
    const images = loadPixels(join(dir, 'ingest/stripes/train'));
    const encode = await compile({
      module: definitions,
      export: 'encode',
      args: { network: { ...config.network, channels: 1 }, inputShape: [...shape] },
    });
    encode.write(loadSafetensors(join(out, 'encoder.safetensors')).tensors);
    const { batches } = evaluationImages(images, '', 1);
    const { accuracy, spread } = await makeMonitor(images, config.monitor, 3).measure((rows) =>
      extractFeatures(graphEmbedder(encode), batches(rows), rows.length),
    );
    encode.dispose();
    const last = readHistory(out).knn.at(-1)!;
    expect(last).toMatchObject({ accuracy, featureStd: spread.std, featureRank: spread.rank });
  });

  it('says in one line that training diverged', async () => {
    const learningRate = { base: 1e30, scaling: 'linear', warmupEpochs: 0 } as const;
    await expect(run('a', memoryLog(), undefined, { learningRate })).rejects.toThrow(
      new UserError('training diverged: loss NaN at step 2. lower learningRate.base'),
    );
  });

  it('says when the views are of another dataset', async () => {
    writeViewPolicy(join(dir, 'augment'), { policy: 'crop', dataset: 'dots', shape });
    await expect(run('a', memoryLog())).rejects.toThrow(
      'datasets differ: augment.dataset is dots, pretrain.dataset stripes. make them equal in the config',
    );
  });
});
