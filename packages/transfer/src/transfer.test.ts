import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initResNet, saveSafetensors } from '@simclr/nn';
import { writePixelSplit } from '@simclr/shards';
import { memoryLog, parseConfig, writeJson } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { TransferConfig } from './config.ts';
import { fitImages } from './fit-images.ts';
import stage from './stage.ts';

const pixels = (shape: readonly [number, number, number], data: Uint8Array) => ({
  data,
  shape,
  labels: Int32Array.of(0),
  classes: ['a'],
  rows: data.length / (shape[0] * shape[1] * shape[2]),
  digest: 'd',
});

describe('fitImages', () => {
  it('leaves what fits, and keeps a flat image flat through resizing', () => {
    const flat = pixels([2, 2, 1], new Uint8Array(8).fill(77));
    expect(fitImages(flat, [2, 2, 1])).toBe(flat);
    const fitted = fitImages(flat, [5, 4, 1]);
    expect([...fitted.data]).toEqual(new Array(40).fill(77));
    expect(fitted).toMatchObject({ shape: [5, 4, 1], rows: 2, digest: 'd' });
  });

  it('makes colour of grey, and grey of colour by its luminance', () => {
    expect([...fitImages(pixels([1, 2, 1], Uint8Array.of(10, 250)), [1, 2, 3]).data]).toEqual([
      10, 10, 10, 250, 250, 250,
    ]);
    expect([...fitImages(pixels([1, 1, 3], Uint8Array.of(200, 100, 50)), [1, 1, 1]).data]).toEqual([
      Math.round(0.2989 * 200 + 58.7 + 5.7),
    ]);
  });
});

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
      writeJson(join(dir, 'pretrain/encoder.json'), {
        architecture,
        inputShape: [8, 8, 3],
        featureDim: 32,
        dataset: 'x',
        seed: 1,
        precision: 'fp32',
      });
      const out = join(dir, 'out');
      mkdirSync(out);
      const config = parseConfig(TransferConfig, { datasets: ['ramps'], l2s: [0.1, 1] }, 'transfer', 'c.json');
      const inputs = { ingest: join(dir, 'ingest'), pretrain: join(dir, 'pretrain') };
      const { metrics } = await stage.run({
        config,
        inputs,
        out,
        work: out,
        log: memoryLog(),
        seed: 1,
        signal: new AbortController().signal,
      });
      expect(Object.keys(metrics).sort()).toEqual(
        ['pixels', 'pretrained', 'random-init'].map((kind) => `ramps/${kind}/top_1_accuracy`),
      );
      expect(metrics['ramps/pixels/top_1_accuracy']).toBe(1);
      expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')).rows).toHaveLength(3);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
