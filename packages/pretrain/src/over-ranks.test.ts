import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHistory } from '@simclr/artifacts';
import { whyNoRanks } from '@simclr/collective/testing';
import { type MemoryLog, memoryLog, parseConfig, soleInputs, UserError } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PretrainConfig } from './config.ts';
import { receiveLog, sendLog } from './rank-log.ts';
import stage from './stage.ts';
import { makeInputs } from './testdata/stripes.ts';

let dir: string;
let runs = 0;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pretrain-ranks-'));
  await makeInputs(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

const config = (changes: object) =>
  parseConfig(
    PretrainConfig,
    {
      network: { depth: 10, width: 4 },
      head: { outDim: 8 },
      optimizer: { name: 'sgd' },
      learningRate: { base: 0.5, warmupEpochs: 0 },
      batch: 16,
      epochs: 1,
      precision: 'fp32',
      monitor: { bank: 80, queries: 40, k: 5 },
      logEvery: 1,
      ...changes,
    },
    'pretrain',
    'test.json',
  );

/** Runs the stage by so many ranks. */
async function run(ranks: number, changes: object, log: MemoryLog = memoryLog()): Promise<string> {
  const [out, work] = ['out', 'work'].map((name) => join(dir, String(++runs), name)) as [string, string];
  for (const folder of [out, work]) mkdirSync(folder, { recursive: true });
  const inputs = soleInputs({ dataset: { folder: join(dir, 'ingest') }, views: { folder: join(dir, 'augment') } });
  const signal = new AbortController().signal;
  process.env.RANKS = String(ranks);
  process.env.OMPI_MCA_mpi_yield_when_idle = '1';
  try {
    await stage.run({ config: config(changes), inputs, out, work, log, seed: 3, signal });
  } finally {
    delete process.env.RANKS;
  }
  return out;
}

const skip = whyNoRanks() !== undefined;

describe.skipIf(skip)('pretrain over two ranks', { timeout: 300_000 }, () => {
  const probe = { onlineProbe: true, ema: 0.9 };
  // Bounds of the first steps: of what rounding makes, a step of so small a network makes ten times as much.
  it.each<[string, object, number[]]>([
    ['contrastive, a probe, moving averages', probe, [1e-5, 1e-4, 1e-3]],
    ['views made in the step', { ...probe, views: 'device' }, [1e-5, 1e-4, 1e-3]],
    ['supervised', { objective: { kind: 'supervised' } }, [1e-5, 1e-4, 1e-3]],
    // Its products are rounded to 8 bits, and in another order.
    ['bf16', { precision: 'bf16' }, [1e-2, 3e-2]],
  ])('has the losses of one process: %s', async (_, changes, bounds) => {
    const log = memoryLog();
    const [alone, both] = [await run(1, changes), await run(2, changes, log)].map((out) => readHistory(out));
    expect(both!.train).toHaveLength(8);
    for (const [i, bound] of bounds.entries())
      expect(Math.abs(both!.train[i]!.loss / alone!.train[i]!.loss - 1), `step ${i + 1}`).toBeLessThan(bound);
    expect(both!.knn).toHaveLength(1);
    expect(log.logged.tags['machine.ranks']).toBe('2');
    expect(log.logged.metrics.filter(({ key }) => key === 'learning_rate')).toHaveLength(8);
  });
});

it.each([
  [2, { chunk: 8 }, 'chunk over ranks: pretrain.chunk is 8, and RANKS 2. ranks divide the batch already'],
  [3, {}, 'invalid ranks: RANKS is 3. expected a divisor of pretrain.batch, 16'],
])('refuses what is not for %i ranks', async (ranks, changes, message) => {
  const refused = run(ranks, changes);
  await expect(refused).rejects.toThrow(UserError);
  await expect(refused).rejects.toThrow(message);
});

it('passes all that a rank logs to the log of who started it', () => {
  const log = memoryLog();
  const { onSaid } = receiveLog(log);
  const sent = sendLog((said) => onSaid(JSON.parse(JSON.stringify(said))));
  sent.info('hello');
  sent.params({ seed: 1 });
  sent.machine({ cores: 2 });
  sent.tags({ tag: 'x' });
  sent.metrics({ loss: 0.5, norm: Number.NaN }, 3);
  sent.image('views', Uint8Array.of(1, 255), 2);
  sent.artifact('note.txt', 'words');
  sent.progress(10, 'images').update(3);
  expect(log.logged).toMatchObject({
    info: ['hello'],
    params: { seed: 1 },
    tags: { 'machine.cores': '2', tag: 'x' },
    metrics: [
      { key: 'loss', value: 0.5, step: 3 },
      { key: 'norm', value: Number.NaN, step: 3 },
    ],
  });
  expect([...log.logged.images[0]!.png]).toEqual([1, 255]);
  expect(String(log.logged.artifacts.get('note.txt'))).toBe('words');
});
