import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDatasetInfo, readMissing } from '@simclr/artifacts';
import { memoryLog, parseConfig, UserError } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import planIngest from './plan.ts';
import sources from './sources.ts';
import stage from './stage.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ingest-missing-'));
  vi.stubEnv('SIMCLR_ARCHIVES', join(dir, 'archives'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

const parse = (config: object) => parseConfig(stage.config, config, 'ingest', 'c');
const run = async (config: object, name = 'out') => {
  const out = join(dir, name);
  mkdirSync(out);
  const log = memoryLog();
  const { signal } = new AbortController();
  await stage.run({ config: parse(config), inputs: {}, out, work: join(dir, 'work'), log, seed: 0, signal });
  return { out, ...log.logged };
};
const pets = () => ({ name: 'pets', folder: join(dir, 'pets'), size: 8 });

describe('a dataset that is not here', () => {
  it('is an error, before anything runs', async () => {
    expect(planIngest(parse({ dataset: pets() }))).toMatchObject({
      missing: `missing folder or archive: ${pets().folder}`,
    });
    await expect(run({ dataset: pets() })).rejects.toThrow(/^missing folder or archive: /);
  });

  it('is named where the config wants that, and read once it is there', async () => {
    const config = { dataset: pets(), missing: 'name' };
    const plan = planIngest(parse(config));
    expect(plan.missing).toBeUndefined();
    expect(plan.facts.missing).toMatch(/pets: unless fetched .* the dataset is named in tables and not evaluated$/);
    const { out } = await run(config);
    expect(readdirSync(out)).toEqual(['missing.json']);
    expect(readMissing(out)).toMatchObject({ dataset: 'pets', files: [pets().folder] });

    for (const name of ['cats', 'dogs']) {
      mkdirSync(join(dir, 'pets', name), { recursive: true });
      const image = sharp({ create: { width: 9, height: 9, channels: 3, background: '#123' } });
      await image.png().toFile(join(dir, 'pets', name, '0.png'));
      cpSync(join(dir, 'pets', name, '0.png'), join(dir, 'pets', name, '1.png'));
    }
    expect(planIngest(parse(config)).facts).not.toHaveProperty('missing');
    const there = await run(config, 'there');
    expect(readMissing(there.out)).toBeUndefined();
    expect(readDatasetInfo(join(there.out, 'pets')).classes).toBe(2);
  });

  it('of published archives is named with its files and its metric, and where they come from', async () => {
    // ImageNet's owners publish no address: nothing is asked of the web.
    const { out, info } = await run({ dataset: 'imagenet', missing: 'name' });
    expect(readMissing(out)).toEqual({
      dataset: 'imagenet',
      title: expect.any(String),
      metric: 'top-1',
      files: expect.arrayContaining(['ILSVRC2012_img_val.tar']),
      toDo: expect.stringMatching(/^put ILSVRC2012_\S+ and .* set SIMCLR_ARCHIVES=<folder> and run again \(its owners/),
    });
    expect(info.at(-1)).toMatch(/^imagenet is missing, and is named: missing archive: /);
  });

  it('depends on the archives that the user has: absent ones are own data too', async () => {
    const wanted = { dataset: { name: 'caltech101' }, missing: 'name' };
    expect(await sources(wanted)).toEqual([join(dir, 'archives/caltech-101.zip')]);
    expect(await sources({ ...wanted, missing: 'error' })).toEqual([]);
    // Whatever is in it is taken: another in its place is another dataset.
    const repacked = { datasets: ['digits', { name: 'cifar10', repacked: true }] };
    expect(await sources(repacked)).toEqual(
      ['binary', 'python'].map((version) => join(dir, `archives/cifar-10-${version}.tar.gz`)),
    );
    expect(await sources({ dataset: 'no such', missing: 'name' })).toEqual([]);
  });

  it('stays an error where it is there, but damaged', async () => {
    mkdirSync(join(dir, 'archives'));
    writeFileSync(join(dir, 'archives/caltech-101.zip'), 'no zip');
    await expect(run({ dataset: 'caltech101', missing: 'name' })).rejects.toThrow(/^wrong checksum: caltech-101\.zip/);
  });

  it('is named where it is a task of its own alone', () => {
    expect(() => parse({ datasets: ['digits'], missing: 'name' })).toThrow(
      new UserError(
        'invalid config value: ingest.missing = "name". expected error with a list of datasets. one is named where it is a task of its own: dataset, in a matrix. correct c',
      ),
    );
  });
});
