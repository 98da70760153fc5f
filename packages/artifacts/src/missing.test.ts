import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLog, soleInputs, UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MissingDataset, passOnMissing, readMissing, requireDatasets, writeMissing } from './missing.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'missing-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const food: MissingDataset = {
  dataset: 'food101',
  title: 'Food-101',
  metric: 'top-1',
  files: ['food-101.tar.gz'],
  toDo: 'fetch it',
};
const folder = (name: string, missing?: MissingDataset) => {
  const path = join(dir, name);
  mkdirSync(path);
  if (missing) writeMissing(path, missing);
  return { task: name, item: {}, folder: path };
};

describe('a missing dataset', () => {
  it('is passed on from stage to stage, the same to the byte', () => {
    const [first, second, third] = [folder('ingest', food), folder('features'), folder('transfer')];
    const log = memoryLog();
    expect(passOnMissing({ inputs: { dataset: [first] }, out: second.folder, log })).toBe(true);
    expect(passOnMissing({ inputs: { features: [second] }, out: third.folder, log })).toBe(true);
    expect(readMissing(third.folder)).toEqual(food);
    const bytes = ({ folder }: { folder: string }) => readFileSync(join(folder, 'missing.json'), 'utf8');
    expect(bytes(third)).toBe(bytes(first));
    expect(log.logged.info).toEqual(Array(2).fill('food101 is missing: fetch it'));
  });

  it('is not said where it is there', () => {
    const there = folder('ingest');
    const inputs = soleInputs({ dataset: { folder: there.folder } });
    expect(passOnMissing({ inputs, out: there.folder, log: memoryLog() })).toBe(false);
    expect(readMissing(there.folder)).toBeUndefined();
    expect(() => requireDatasets(inputs)).not.toThrow();
  });

  it('is an error where it was to be taken together with others, or cannot be done without', () => {
    const inputs = { features: [folder('features@a'), folder('features@b', food)] };
    expect(() => passOnMissing({ inputs, out: dir, log: memoryLog() })).toThrow(
      new UserError(
        'missing dataset: food101, of features@a, features@b, which are taken together. run for each of them (each: in pipeline.yaml), or: fetch it',
      ),
    );
    expect(() => requireDatasets({ dataset: [folder('ingest', food)] })).toThrow(
      new UserError('missing dataset: food101. fetch it'),
    );
  });
});
