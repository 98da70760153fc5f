import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featuresPath, readFeaturesInfo, writeFeatures } from '@simclr/artifacts';
import { addressed, memoryLog } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProbeConfig } from './config.ts';
import { evaluateFeatures } from './evaluate-features.ts';
import type { FeatureSource } from './feature-source.ts';
import { openFeatures, writeFeaturesFolder } from './features-folder.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'features-folder-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Two clouds of features that overlap. */
function cloud(rows: number, dim: number, seed: number) {
  const random = addressed(seed);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 2);
  return {
    features: Float32Array.from({ length: rows * dim }, (_, at) => random.next() + 0.4 * labels[Math.floor(at / dim)]!),
    labels,
    dim,
  };
}

const made: FeatureSource = {
  dataset: 'clouds',
  classes: ['near', 'far'],
  encoder: { digest: 'd', parameters: 3 },
  splits: { train: { rows: 60, digest: 'a' }, validation: { rows: 8, digest: 'v' }, test: { rows: 30, digest: 'b' } },
  flags: [],
  getting: 'extraction',
  async *kinds() {
    yield { kind: 'pretrained', train: cloud(60, 5, 1), validation: cloud(8, 5, 5), test: cloud(30, 5, 2) };
    yield { kind: 'pixels', train: cloud(60, 3, 3), validation: cloud(8, 3, 6), test: cloud(30, 3, 4) };
  },
};

const evaluate = (source: FeatureSource, config: object = {}) =>
  evaluateFeatures(source, {
    config: ProbeConfig.parse({ l2s: [0.1, 1, 10], labelFractions: [1, 0.5], ...config }),
    seed: 7,
    log: memoryLog(),
  });

describe('features in a folder', () => {
  it('are evaluated as those that were just extracted, to the bit, as often as one likes', async () => {
    const folder = join(dir, 'a');
    await writeFeaturesFolder(folder, made);
    const source = openFeatures(folder);
    const { kinds: _, getting, ...info } = source;
    expect(getting).toBe('reading');
    expect({ ...info }).toEqual({
      dataset: 'clouds',
      classes: made.classes,
      encoder: made.encoder,
      splits: made.splits,
      flags: [],
    });
    const sets = async ({ kinds }: FeatureSource) => {
      const all = [];
      for await (const each of kinds()) all.push(each);
      return all;
    };
    expect(await sets(source)).toEqual(await sets(made));
    const expected = await evaluate(made);
    expect(await evaluate(source)).toEqual(expected);
    expect(await evaluate(source)).toEqual(expected);
    const other = { l2s: [3], labelFractions: [0.3], knn: { k: 2 } };
    expect(await evaluate(source, other)).toEqual(await evaluate(made, other));
    expect(await evaluate(source, other)).not.toEqual(expected);
  });

  it('are written last said what they are: where extraction ends early, there is no features.json', async () => {
    const folder = join(dir, 'b');
    const stopped: FeatureSource = {
      ...made,
      async *kinds() {
        yield { kind: 'pretrained', train: cloud(60, 5, 1), test: cloud(30, 5, 2) };
        throw new Error('stopped');
      },
    };
    await expect(writeFeaturesFolder(folder, stopped)).rejects.toThrow('stopped');
    expect(() => openFeatures(folder)).toThrow(
      /^missing features: .*features\.json\. expected a folder that the stage features wrote\. run npm run pipeline -- run <pipeline> --force features$/,
    );
  });

  it('that are not what features.json says are refused in one line, with the next command', async () => {
    const again = 'run npm run pipeline -- run <pipeline> --force';
    const folder = join(dir, 'c');
    const path = featuresPath(folder, 'pixels', 'test');
    const message = async () => {
      await writeFeaturesFolderAgain();
      return evaluate(openFeatures(folder)).then(
        () => 'none',
        (error: Error) => error.message,
      );
    };
    let spoil = async () => {};
    const writeFeaturesFolderAgain = async () => {
      await writeFeaturesFolder(folder, made);
      await spoil();
    };
    spoil = async () => rmSync(path);
    expect(await message()).toMatch(new RegExp(`^missing features: ${path}\\. ${again} `));
    spoil = () => writeFeatures(path, cloud(29, 3, 4));
    expect(await message()).toBe(`damaged features: ${path} is [29, 3], expected [30, 3]. ${again} features`);
    spoil = () => writeFeatures(path, cloud(30, 4, 4));
    expect(await message()).toBe(`damaged features: ${path} is [30, 4], expected [30, 3]. ${again} features`);
    for (const bytes of [0, 3, 8, 100, 700]) {
      spoil = async () => truncateSync(path, bytes);
      expect(await message(), String(bytes)).toMatch(/^(damaged|empty) features: .*test\.arrow[. ].*--force /);
    }
    expect(readFileSync(path).length).toBe(700);
    expect(readFeaturesInfo(folder).kinds).toEqual([
      { kind: 'pretrained', dim: 5 },
      { kind: 'pixels', dim: 3 },
    ]);
  });
});
