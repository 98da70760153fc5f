import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseConfig } from '@simclr/stage';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IngestConfig } from './config.ts';
import planIngest from './plan.ts';
import sources from './sources.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plan-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Names alone are read. */
const images = (folder: string, count: number) => {
  for (let i = 0; i < count; i++) {
    const path = join(dir, folder, `${i}.png`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
};
const plan = (...datasets: object[]) =>
  planIngest(
    parseConfig(IngestConfig, { datasets: datasets.map((own, i) => ({ name: `d${i}`, ...own })) }, 'ingest', 'c'),
  );

it('counts the images of a folder, and those of its splits', () => {
  images('cat', 10);
  images('dog', 30);
  expect(plan({ folder: dir, testFraction: 0.25, size: null }).datasets).toEqual({
    d0: { shape: null, train: 30, test: 10, classes: 2 },
  });
  for (const split of ['train', 'val']) for (const name of ['a', 'b', 'c']) images(`split/${split}/${name}`, 4);
  const { datasets, facts, missing } = plan({ folder: join(dir, 'split') });
  expect(datasets).toEqual({ d0: { shape: [32, 32, 3], train: 12, test: 12, classes: 3 } });
  expect([facts, missing]).toEqual([{ d0: '12 train and 12 test images, 32×32×3' }, undefined]);
});

it('takes one dataset as it takes a list of one', async () => {
  const own = { name: 'pets', folder: join(dir, 'none'), images: { train: 5, test: 6 } };
  const [one, list] = [{ dataset: own }, { datasets: [own] }].map((config) =>
    parseConfig(IngestConfig, config, 'ingest', 'c'),
  );
  expect(planIngest(one!)).toEqual(planIngest(list!));
  const configs = [{ dataset: own }, { datasets: [own] }, { dataset: 'digits' }];
  expect(await Promise.all(configs.map(sources))).toEqual([[own.folder], [own.folder], []]);
  expect(() => parseConfig(IngestConfig, {}, 'ingest', 'c')).toThrow(
    'ingest.datasets = nothing. expected datasets, a list, or dataset, one of them. correct c',
  );
  expect(() => parseConfig(IngestConfig, { dataset: 'digits', datasets: ['stl10'] }, 'ingest', 'c')).toThrow(
    'ingest.datasets = ["stl10"]. expected no list: dataset is given too, by the matrix in pipeline.yaml or in the config. ' +
      'leave one of them out; with a matrix, name datasets there. correct c',
  );
  expect(() => parseConfig(IngestConfig, { dataset: 'digit' }, 'ingest', 'c')).toThrow(
    /^invalid config value: ingest\.dataset = "digit"\. expected one of /,
  );
  expect(() => parseConfig(IngestConfig, { dataset: 'digits', x: 1 }, 'ingest', 'c')).toThrow(
    'unknown config key: ingest.x. allowed: dataset, datasets, missing. correct c',
  );
  expect(() => parseConfig(IngestConfig, { dataset: { ...own, siez: 8 } }, 'ingest', 'c')).toThrow(
    /^unknown config key: ingest\.dataset\.siez\. allowed: folder, /,
  );
});

it('says what is not there, and goes by the config then', () => {
  const folder = join(dir, 'none');
  const { datasets, missing } = plan({ folder, images: { train: 5, test: 6 } }, { folder: join(dir, 'x.zip') });
  expect(missing).toBe(`missing folder or archive: ${folder}; missing folder or archive: ${join(dir, 'x.zip')}`);
  expect(datasets!.d0).toEqual({ shape: [32, 32, 3], train: 5, test: 6 });
});

it('refuses folders that are no datasets, all at once', () => {
  images('one/cat', 3);
  mkdirSync(join(dir, 'empty'));
  images('two/cat', 3);
  images('two/dog', 3);
  const count = { train: 9, test: 1 };
  expect(() =>
    plan({ folder: join(dir, 'one') }, { folder: join(dir, 'empty') }, { folder: join(dir, 'two'), images: count }),
  ).toThrow(/^one class: .*\nno images: .*\nwrong number of images: d2\/train has 5\. expected 9 /);
  // Some of them may be left out.
  expect(plan({ folder: join(dir, 'two'), images: count, maxSkipped: 0.5 }).datasets!.d0).toMatchObject(count);
});
