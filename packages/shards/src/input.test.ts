import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inputDatasets } from './input.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'input-'));
  for (const folder of ['both/dogs/train', 'both/cats/train', 'one/mice/train'])
    mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, 'both/manifest.json'), '{}');
});
afterAll(() => rmSync(dir, { recursive: true }));

it('finds the datasets of all tasks that ingest, in their order, whether one has written some or one', () => {
  const input = (task: string, folder: string) => ({ task, item: {}, folder: join(dir, folder) });
  const given = inputDatasets({ dataset: [input('ingest', 'both'), input('other@mice', 'one')] });
  expect(given).toEqual([
    { name: 'cats', task: 'ingest', ingest: join(dir, 'both') },
    { name: 'dogs', task: 'ingest', ingest: join(dir, 'both') },
    { name: 'mice', task: 'other@mice', ingest: join(dir, 'one') },
  ]);
  expect(inputDatasets({})).toEqual([]);
});
