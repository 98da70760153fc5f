import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preprocessing, writeEncoderInfo } from '@simclr/artifacts';
import { initResNet, saveSafetensors } from '@simclr/nn';
import { writePixelSplit } from '@simclr/shards';
import { memoryLog, parseConfig, type StagePlan, soleInputs } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { TransferConfig } from './config.ts';
import planExtracting from './in-place/plan.ts';
import stage from './in-place/stage.ts';
import planTransfer from './plan.ts';

describe('transfer', () => {
  it('evaluates a dataset of another shape than the encoder’s', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'transfer-'));
    try {
      const rows = Array.from({ length: 60 }, (_, i) => ({
        label: i % 2,
        pixels: Uint8Array.from({ length: 16 }, (_, at) => (i % 2 ? at % 4 : at / 4) * 60 + (i % 7)),
      }));
      for (const [split, part] of [
        ['train', rows],
        ['test', rows.slice(0, 20)],
      ] as const) {
        await writePixelSplit(join(dir, 'ingest/ramps', split), { classes: ['a', 'b'], shape: [4, 4, 1] }, part, {
          dataset: 'ramps',
          split,
        });
      }
      const architecture = { depth: 10, width: 4, stem: 'cifar', channels: 3 } as const;
      const { params, stats } = initResNet(architecture, 1);
      saveSafetensors(join(dir, 'pretrain/encoder.safetensors'), { ...params, ...stats });
      writeEncoderInfo(join(dir, 'pretrain'), {
        architecture,
        inputShape: [8, 8, 3],
        preprocessing: preprocessing([8, 8, 3], 1, 'bicubic'),
        featureDim: 32,
        policy: 'crop',
        dataset: 'x',
        steps: 1,
        seed: 1,
        precision: 'fp32',
      });
      const out = join(dir, 'out');
      mkdirSync(out);
      const config = parseConfig(TransferConfig, { datasets: ['ramps'], l2s: [0.1, 1] }, 'transfer', 'c.json');
      const inputs = soleInputs({
        dataset: { folder: join(dir, 'ingest') },
        encoder: { folder: join(dir, 'pretrain') },
      });
      const { metrics } = await stage.run({
        config,
        inputs,
        out,
        work: out,
        log: memoryLog(),
        seed: 1,
        signal: new AbortController().signal,
      });
      expect(metrics['flags/below-baseline']).toBe(1);
      expect(
        Object.keys(metrics)
          .filter((key) => !key.startsWith('flags/'))
          .sort(),
      ).toEqual(
        ['ramps-knn', 'ramps'].flatMap((key) =>
          ['pixels', 'pretrained', 'random-init'].map((kind) => `${key}/${kind}/top_1_accuracy`),
        ),
      );
      expect(metrics['ramps/pixels/top_1_accuracy']).toBe(1);
      const read = (file: string) => JSON.parse(readFileSync(join(out, file), 'utf8'));
      const kinds = ['pretrained', 'random-init', 'pixels'];
      const keys = kinds.flatMap((features) =>
        ['linear', 'knn'].map((protocol) => ({ dataset: 'ramps', features, protocol, labelFraction: 1, draw: 0 })),
      );
      const results = read('results.json');
      expect(results.rows).toMatchObject(keys);
      expect(results.rows[1]).toMatchObject({
        choice: { k: 20 },
        trainRows: 60,
        testRows: 20,
        score: metrics['ramps-knn/pretrained/top_1_accuracy'],
      });
      expect(read('predictions.json').predictions).toMatchObject(keys);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('plans: a dataset that ingest would not write is found out before anything runs', () => {
    const plan = (datasets: string[], channels: 1 | 3 = 3) => {
      const config = parseConfig(TransferConfig, { datasets }, 'transfer', 'c.json');
      const written = { cifar10: { shape: [32, 32, 3] as const }, pets: { shape: null } };
      const encoder = { dataset: 'cifar10', inputShape: [28, 28, channels] } as const;
      return planExtracting(
        config,
        soleInputs<{ plan: StagePlan }>({
          dataset: { plan: { facts: {}, datasets: written } },
          encoder: { plan: { facts: {}, encoder } },
        }),
      );
    };
    expect(plan(['cifar10', 'pets'])).toEqual({ facts: { datasets: 'cifar10, pets' } });
    expect(() => plan(['cifar-10'])).toThrow('unknown dataset: cifar-10. the stages before write: cifar10, pets.');
    expect(() => plan(['pets', 'cifar10', 'x'], 1)).toThrow(
      /^channels differ: pets is decoded to 3, the encoder takes 1\. .*\nunknown dataset: x\. /,
    );
  });

  it('of features has nothing to find out, and refuses what says how they are extracted', () => {
    const plan = (config: object) => planTransfer(parseConfig(TransferConfig, config, 'transfer', 'c.json'));
    expect(plan({ l2s: [1] })).toEqual({ facts: {} });
    expect(() => plan({ datasets: ['a'] })).toThrow(/^unused: datasets of transfer, which reads features\. /);
  });
});
