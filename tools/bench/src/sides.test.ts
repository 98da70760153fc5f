import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logisticRegression } from '@simclr/probe';
import { writePixelSplit } from '@simclr/shards';
import { expect, it } from 'vitest';
import { alternate } from './alternate.ts';
import { HERE } from './paths.ts';
import type { OurProbe } from './sides/our-probe.ts';
import type { OurStep } from './sides/our-step.ts';

it('our side of train-step measures a small step, and counts what the peers’ network has', async () => {
  const width = 4;
  const argument: OurStep = {
    args: {
      network: { depth: 18, width, stem: 'cifar', channels: 3 },
      head: { kind: 'nonlinear', layers: 2, outDim: 128 },
      objective: { temperature: 0.5, normalize: true, scale: 'paper' },
      optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
      batch: 4,
      inputShape: [16, 16, 3],
    },
    precision: 'fp32',
    steps: 3,
  };
  const side = {
    name: 'ours',
    command: process.execPath,
    args: [join(HERE, 'sides/our-step.ts'), JSON.stringify(argument)],
  };
  const ours = (await alternate([side], 1, () => {})).get('ours')!;
  expect(ours.seconds).toHaveLength(3);
  expect(ours.gemmPeak).toBeGreaterThan(0);
  // torch's count of peer_model.SimCLR(18, 4, 'cifar').
  expect(ours.parameters).toBe(49_628);
});

it('our sides of views measure each pass, with either engine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-views-'));
  const rows = Array.from({ length: 6 }, (_, i) => ({ pixels: new Uint8Array(192).fill(40 * i), label: 0 }));
  const features = { classes: ['x'], shape: [8, 8, 3] as const };
  await writePixelSplit(folder, features, rows, { dataset: 'x', split: 'train' });
  const images = { images: folder, encoded: false, policy: 'crop|flip|jitter' };
  const argument = JSON.stringify({ ...images, batch: 4, batches: 2, passes: 3 });
  const sides = ['our-views', 'our-device-views'].map((name) => ({
    name,
    command: process.execPath,
    args: [join(HERE, `sides/${name}.ts`), argument],
  }));
  const results = await alternate(sides, 1, () => {});
  rmSync(folder, { recursive: true });
  for (const { seconds } of results.values()) {
    expect(seconds).toHaveLength(3);
    for (const time of seconds) expect(time).toBeGreaterThan(0);
  }
});

it('our side of probe fits what is in the folder, as often as it is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-probe-'));
  try {
    const features = Float32Array.from({ length: 200 * 3 }, (_, at) => Math.sin(at * at));
    const labels = Int32Array.from({ length: 200 }, (_, i) => Number(features[3 * i]! + Math.cos(i) > 0));
    writeFileSync(join(folder, 'features.f32'), features);
    writeFileSync(join(folder, 'labels.i32'), labels);
    const argument: OurProbe = { folder, dim: 3, classes: 2, l2s: [1], fits: 2 };
    const args = [join(HERE, 'sides/our-probe.ts'), JSON.stringify(argument)];
    const side = { name: 'ours', command: process.execPath, args };
    const ours = (await alternate([side], 1, () => {})).get('ours')!;
    expect(ours.seconds).toHaveLength(2);
    expect((ours.objectives as number[])[0]).toBeCloseTo(
      logisticRegression({ features, labels, dim: 3, classes: 2 }, 1).objective,
      9,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
