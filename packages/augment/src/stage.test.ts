import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEncodedSplit, writePixelSplit } from '@simclr/shards';
import { memoryLog, parseConfig, soleInputs } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import plan from './plan.ts';
import stage from './stage.ts';

let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'augment-'));
  const shape = [12, 16, 3] as const;
  const rows = Array.from({ length: 5 }, (_, i) => ({ pixels: new Uint8Array(12 * 16 * 3).fill(40 * i), label: 0 }));
  await writePixelSplit(join(dir, 'ingest/dots/train'), { classes: ['a'], shape }, rows, {
    dataset: 'dots',
    split: 'train',
  });
  mkdirSync(join(dir, 'out'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const run = async (policy: string) => {
  const log = memoryLog();
  const config = parseConfig(stage.config, { dataset: 'dots', policy, preview: 4 }, 'augment', 'configs/test.json');
  const inputs = soleInputs({ dataset: { folder: join(dir, 'ingest') } });
  const { signal } = new AbortController();
  await stage.run({ config, inputs, out: join(dir, 'out'), work: dir, log, seed: 3, signal });
  return { written: JSON.parse(readFileSync(join(dir, 'out/policy.json'), 'utf8')), logged: log.logged };
};

describe('the stage augment', () => {
  it('fixes the policy, in its shortest text, and the shape of its views', async () => {
    const { written, logged } = await run('crop(area=0.08..1)|flip(p=0.5)|jitter(strength=0.5)');
    expect(written).toEqual({ policy: 'crop|flip|jitter(0.5)', dataset: 'dots', shape: [12, 16, 3] });
    expect(logged.params).toEqual({ policy: 'crop|flip|jitter(0.5)' });
    expect(logged.metrics.map(({ key }) => key)).toEqual(['views_per_second_per_core']);
    expect(logged.images.map(({ key, step }) => `${key} ${step}`)).toEqual([
      'views 0',
      'views 1',
      'views 2',
      'views 3',
    ]);
    expect(new Set(logged.images.map(({ png }) => Buffer.from(png).toString('base64'))).size).toBe(4);
  });

  it('shows views of the size that the policy says', async () => {
    const { written, logged } = await run('crop(to=32)|flip');
    expect(written.shape).toEqual([32, 32, 3]);
    // Four images side by side with two views each, all twice as large, and gaps.
    const { width, height } = await sharp(logged.images[0]!.png).metadata();
    expect(width).toBeGreaterThan(4 * 3 * 64);
    expect(height).toBeGreaterThan(64);
    expect(height).toBeLessThan(2 * 64);
  });

  it('shows views of files of any size', async () => {
    const files = [10, 40, 80].map((side) =>
      sharp({ create: { width: side, height: 2 * side, channels: 3, background: 'teal' } })
        .jpeg()
        .toBuffer(),
    );
    const rows = (await Promise.all(files)).map((bytes, i) => ({ bytes, path: `${i}.jpg`, label: 0 }));
    const options = { dataset: 'dots', split: 'train' };
    rmSync(join(dir, 'ingest'), { recursive: true });
    await writeEncodedSplit(join(dir, 'ingest/dots/train'), { classes: ['a'], shape: null }, rows, options);
    const { written, logged } = await run('crop(to=32)|flip');
    expect(written).toEqual({ policy: 'crop(to=32)|flip', dataset: 'dots', shape: [32, 32, 3] });
    const { data, info } = await sharp(logged.images[0]!.png).raw().toBuffer({ resolveWithObject: true });
    expect(info.width).toBeGreaterThan(3 * 3 * 64);
    const teal = data.filter((_, i) => i % 3 === 0 && data[i]! < 8 && Math.abs(data[i + 1]! - 128) < 8).length;
    expect(teal).toBe(9 * 64 * 64);
    expect(logged.metrics[0]!.value).toBeGreaterThan(0);
    await expect(run('crop|flip')).rejects.toThrow(/^missing size: /);
    await expect(run('crop(to=3)')).rejects.toThrow(/^views too small: /);
  });

  it('plans from the config and what ingest would write', () => {
    const planned = (policy: string, shape: readonly [number, number, number] | null) => {
      const config = parseConfig(stage.config, { dataset: 'dots', policy }, 'augment', 'configs/test.json');
      return plan(config, soleInputs({ dataset: { plan: { facts: {}, datasets: { dots: { shape } } } } }));
    };
    expect(planned('crop(area=0.08..1)|flip', [12, 16, 3])).toEqual({
      facts: { policy: 'crop|flip', views: '12×16×3' },
      views: { dataset: 'dots', policy: 'crop|flip', shape: [12, 16, 3] },
    });
    expect(planned('crop(to=224)', null)).toMatchObject({ views: { dataset: 'dots', shape: [224, 224, 3] } });
    expect(() => planned('crop', null)).toThrow(/^missing size: /);
    expect(() => planned('corp', [12, 16, 3])).toThrow(
      /^invalid config value: augment\.policy = "corp"\. unknown operation: 'corp' at 0\. .*\. correct the config$/,
    );
    expect(() => planned('crop(to=3)|flip', null)).toThrow(
      'views too small: crop(to=3)|flip makes 3×3 px of dots. at least 8×8. raise to= in augment.policy',
    );
    expect(() => planned('crop', [7, 12, 3])).toThrow(/^views too small: crop makes 7×12 px of dots/);
    expect(() => planned('crop', [12, 16, 4])).toThrow('invalid dataset: dots has 4 channels. allowed: 1, 3');
  });
});
