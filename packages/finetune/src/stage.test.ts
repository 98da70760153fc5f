import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  type EncoderInfo,
  readAnyEncoderInfo,
  readEncoderInfo,
  readPredictions,
  readResults,
  readTrials,
  writeGraphEncoderInfo,
} from '@simclr/artifacts';
import { type Encoder, openEncoder } from '@simclr/encoders';
import { loadSafetensors } from '@simclr/nn';
import { loadPixels } from '@simclr/shards';
import { Interrupted, type MemoryLog, memoryLog } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import stage from './stage.ts';
import { configOf, contextOf, type StripesOptions, writeStripes } from './testdata/stripes.ts';

const made: string[] = [];
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true });
});

/** A folder with a dataset and an encoder. */
async function prepare(options?: StripesOptions): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-'));
  made.push(dir);
  await writeStripes(dir, options);
  return dir;
}

/** Runs the stage; `stopAt`: aborts once it has logged that key at that step. */
async function run(
  dir: string,
  name: string,
  changes: object,
  log = memoryLog(),
  stopAt?: [key: string, step: number],
) {
  const abort = new AbortController();
  const watched: MemoryLog = {
    ...log,
    metrics(metrics, step = 0) {
      log.metrics(metrics, step);
      if (stopAt && step === stopAt[1] && stopAt[0] in metrics) abort.abort();
    },
  };
  const context = contextOf(dir, name, configOf(changes));
  await stage.run({ ...context, log: watched, signal: abort.signal });
  return context.out;
}

const disposing = (encoder: Encoder) => Object.assign(encoder, { [Symbol.dispose]: () => encoder.dispose() });
async function digestOf(folder: string): Promise<string> {
  using encoder = disposing(await openEncoder(folder));
  return encoder.digest;
}

const bytes = (out: string) =>
  readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => [relative(out, file), readFileSync(file, 'base64')]);

// On a machine with others at work a thread of TensorFlow may take long to start.
describe('finetune', { timeout: 300_000 }, () => {
  const TWO = { weights: ['pretrained', 'random-init'] };
  const metric = 'mean-per-class';
  let dir: string;
  let whole: string;
  const log = memoryLog();
  beforeAll(async () => {
    dir = await prepare({ metric });
    whole = await run(dir, 'whole', TWO, log);
  }, 300_000);

  it('chooses on validation rows, trains on all of them, and writes what came of it', () => {
    const [tuned, random, ...others] = readResults(whole).rows;
    expect(others).toEqual([]);
    expect(tuned).toMatchObject({
      ...{ dataset: 'stripes', features: 'pretrained', protocol: 'fine-tune', labelFraction: 1, draw: 0 },
      ...{ trainRows: 120, testRows: 60, metric, folds: 1, score: tuned!.meanPerClass },
    });
    const best = Math.max(...tuned!.curve!.map(({ score }) => score));
    expect(tuned!.curve).toHaveLength(4);
    expect(tuned!.validationScore).toBe(best);
    expect(tuned!.curve!.filter(({ score }) => score === best).map(({ at }) => at)).toContainEqual(tuned!.choice);
    // From random weights there is one setting, and nothing to choose; it learns.
    expect(random).toMatchObject({ features: 'random-init', choice: { learningRate: 0.05, weightDecay: 1e-4 } });
    expect(random).not.toHaveProperty('curve');
    expect(random!.score).toBeGreaterThan(0.9);
    const { trials } = readTrials(whole);
    expect(trials.map(({ part }) => part)).toEqual(['search', 'search', 'search', 'search', 'final', 'final']);
    expect(trials[0]!.curve.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const { tests, predictions } = readPredictions(whole);
    const right = predictions[0]!.predicted.filter((label, row) => label === tests[0]!.labels[row]).length;
    expect(right / 60).toBe(tuned!.top1);
    expect(log.logged.tags['choice.random-init']).toBe('lr_0.05_wd_0.0001');
    const keys = new Set(log.logged.metrics.map(({ key }) => key));
    expect(keys).toContain('pretrained/lr_0.05_wd_0.001/loss');
    expect(keys).toContain('stripes-fine-tune/pretrained/top_1_accuracy');
  });

  it('publishes each network as an encoder, which with its classifier says what was published', async () => {
    const { predictions } = readPredictions(whole);
    const test = loadPixels(join(dir, 'ingest/stripes/test'));
    const images = Float32Array.from(test.data, (value) => value / 255);
    for (const [at, name] of ['pretrained', 'random-init'].entries()) {
      const folder = join(whole, 'networks', name);
      expect(readEncoderInfo(folder)).toMatchObject({ dataset: 'stripes', policy: expect.stringContaining('crop') });
      using encoder = disposing(await openEncoder(folder));
      expect(encoder.digest).not.toBe(await digestOf(join(dir, 'pretrain')));
      const features = await encoder.embed(images);
      const { tensors } = loadSafetensors(join(folder, 'supervised.safetensors'));
      const [kernel, bias] = ['kernel', 'bias'].map(
        (end) => Object.entries(tensors).find(([name]) => name.endsWith(`/${end}`))![1].data,
      );
      const logits = (row: number) =>
        [0, 1, 2].map((c) => {
          const own = features.subarray(row * encoder.featureDim, (row + 1) * encoder.featureDim);
          return own.reduce((sum, value, i) => sum + value * kernel![3 * i + c]!, bias![c]!);
        });
      const likeliest = Array.from({ length: test.rows }, (_, row) => {
        const all = logits(row);
        return all.indexOf(Math.max(...all));
      });
      expect(likeliest).toEqual(predictions[at]!.predicted);
    }
  });

  it('of a graph of another program says that nothing can be trained of it, and goes on', async () => {
    const graph = await prepare();
    const { format, architecture, ...info } = readAnyEncoderInfo(join(graph, 'pretrain')) as EncoderInfo & {
      format: string;
    };
    const said = { file: 'a.onnx', input: { name: 'x', batch: null }, output: { name: 'y', pool: [] } };
    writeGraphEncoderInfo(join(graph, 'pretrain'), { format: 'onnx', ...said, ...info, parameters: 1, flops: null });
    const told = memoryLog();
    const out = await run(graph, 'omitted', { ...TWO, labelFractions: [1, 0.1] }, told);
    const { rows, omitted } = readResults(out);
    expect(rows).toEqual([]);
    const reason = 'an ONNX file has no weights to train';
    expect(omitted).toMatchObject([1, 0.1].map((labelFraction) => ({ dataset: 'stripes', labelFraction, reason })));
    expect(told.logged.info).toEqual([`not fine-tuned on stripes: ${reason}`]);
    expect(told.logged.tags.omitted).toBe(reason);
  });

  it('stopped in a trial and in the last training, ends with the bytes of one that was not', async () => {
    const resumedLog = memoryLog();
    const stops: [string, number][] = [
      ['pretrained/lr_0.05_wd_0.001/loss', 5],
      ['pretrained/final/loss', 7],
    ];
    for (const at of stops) await expect(run(dir, 'part', TWO, resumedLog, at)).rejects.toThrow(Interrupted);
    const resumed = await run(dir, 'part', TWO, resumedLog);
    expect(resumedLog.logged.info).toContain('resuming pretrained/lr_0.05_wd_0.001 at step 5 of 12');
    expect(resumedLog.logged.info).toContain('resuming pretrained/final at step 7 of 12');
    expect(bytes(resumed)).toEqual(bytes(whole));
    const steps = resumedLog.logged.metrics.filter(({ key }) => key === 'pretrained/lr_0.05_wd_0.001/loss');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  it('looks at test labels in the end alone: permuted, they change neither the choice nor the weights', async () => {
    const other = await prepare({ metric, testLabel: (label, row) => (label + row) % 3 });
    const permuted = await run(other, 'permuted', TWO);
    const [before, after] = [whole, permuted].map((out) => ({ rows: readResults(out).rows, ...readTrials(out) }));
    expect(after!.rows.map(({ choice }) => choice)).toEqual(before!.rows.map(({ choice }) => choice));
    expect(after!.trials).toEqual(before!.trials);
    expect(after!.trials.at(-1)!.weights).toMatch(/^[0-9a-f]{16}$/);
    expect(after!.rows[1]!.score).toBeLessThan(0.6);
  });

  it('with all frozen trains a classifier on augmented images: a protocol of its own', async () => {
    const official = await prepare({ rows: { validation: 30 }, copied: 2 });
    const changes = { ...TWO, freeze: 'all', linear: { epochs: 8, batch: 32 } };
    const told = memoryLog();
    const out = await run(official, 'a', changes, told);
    // What is wrong with the data is said before the training, and in the end.
    const { message } = readResults(out).flags.find(({ kind }) => kind === 'train-test-duplicates')!;
    expect(message).toContain('test rows in training: 2 of 60 test images of stripes are in train too');
    expect(told.logged.info.filter((line) => line === `flag: ${message}`)).toHaveLength(2);
    expect(told.logged.info[0]).toBe(`flag: ${message}`);
    const of = readResults(out).rows.map(({ protocol, trainRows, choice }) => [
      protocol,
      trainRows,
      choice.learningRate,
    ]);
    expect(of).toEqual([0, 1].map(() => ['sgd', 150, 0.0125]));
    expect(readTrials(out).trials.map(({ curve }) => curve.length)).toEqual([38, 38]);
  });

  it('gives up hopeless trials where it may, and passes over those that diverge', async () => {
    const learningRates = [1e-8, 0.05, 0.1, 0.2, 1e-9, 1e20];
    const grid = { learningRates, weightDecays: [0], steps: 30, batch: 32 };
    const out = await run(dir, 'hopeless', { headLayer: 1, abandon: { atSteps: [24] }, grid });
    const search = readTrials(out).trials.filter(({ part }) => part === 'search');
    const ends = ['finished', 'finished', 'finished', 'finished', 'abandoned', 'diverged'];
    expect(search.map(({ end }) => end)).toEqual(ends);
    expect(search[0]!.validation.map(({ step }) => step)).toEqual([24, 30]);
    expect([0.05, 0.1, 0.2]).toContain(readResults(out).rows[0]!.choice.learningRate);
  });

  it('refuses what no training reads, where nothing has planned it', async () => {
    const context = contextOf(dir, 'unread', { ...configOf(), draws: 2 });
    const running = stage.run({ ...context, log: memoryLog(), signal: new AbortController().signal });
    await expect(running).rejects.toThrow('ignored option: draws of finetune has no effect: ');
  });

  it('says in a line where every trial diverged', async () => {
    const grid = { learningRates: [1e20, 1e21], weightDecays: [0], steps: 4, batch: 16 };
    await expect(run(dir, 'diverged', { grid })).rejects.toThrow(
      /^training diverged: pretrained, in all of 2 trials\. lower the learning rates of the grid in the config$/,
    );
  });
});
