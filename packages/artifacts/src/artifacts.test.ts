import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EncoderInfo,
  preprocessing,
  readEncoderInfo,
  readHistory,
  readNeighbours,
  readPredictions,
  readPreview,
  readResults,
  readViewPolicy,
  type ViewPolicy,
  writeEncoderInfo,
  writeHistory,
  writeNeighbours,
  writePredictions,
  writePreview,
  writeResults,
  writeSkipped,
  writeViewPolicy,
} from './index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'artifacts-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const raw = (file: string): string => readFileSync(join(dir, file), 'utf8');
const put = (file: string, content: unknown): void => writeFileSync(join(dir, file), JSON.stringify(content));

const encoder: EncoderInfo = {
  architecture: { depth: 18, width: 64, stem: 'cifar', channels: 3 },
  inputShape: [32, 32, 3],
  preprocessing: preprocessing([32, 32, 3], 1, 'antialias'),
  featureDim: 512,
  policy: 'crop|flip',
  dataset: 'cifar10',
  steps: 100,
  seed: 0,
  precision: 'bf16',
};
const row = {
  dataset: 'a',
  features: 'pretrained' as const,
  labelFraction: 1,
  draw: 0,
  trainRows: 100,
  testRows: 50,
  l2: 10,
  validationAccuracy: 0.7,
  validationLoss: 0.9,
  folds: 5,
  accuracy: 0.8,
};
const knn = { dataset: 'a', features: 'pixels' as const, k: 20, trainRows: 100, testRows: 50, accuracy: 0.6 };
const history = {
  train: [{ step: 1, epoch: 0.5, loss: 3, contrastAcc: 0.1, learningRate: 0.3 }],
  knn: [{ step: 1, epoch: 0.5, accuracy: 0.4, featureStd: 0.9, featureRank: 12 }],
};
const prediction = { dataset: 'a', features: 'pixels' as const, labelFraction: 1, draw: 0, classes: [1, 0] };

/** What each file holds, its writer and its reader. */
const FILES = {
  'encoder.json': { value: encoder, write: writeEncoderInfo, read: readEncoderInfo },
  'policy.json': {
    value: { policy: 'crop', dataset: 'a', shape: [8, 8, 1] } as ViewPolicy,
    write: writeViewPolicy,
    read: readViewPolicy,
  },
  'history.json': { value: history, write: writeHistory, read: readHistory },
  'results.json': { value: { rows: [row], knn: [knn] }, write: writeResults, read: readResults },
  'predictions.json': { value: { predictions: [prediction] }, write: writePredictions, read: readPredictions },
  'neighbours.json': { value: { queries: [3], neighbours: [[1, 2]] }, write: writeNeighbours, read: readNeighbours },
};

describe.each(Object.entries(FILES))('%s', (file, artifact) => {
  const { value, read } = artifact;
  const write = artifact.write as (folder: string, value: object) => void;

  it('gives back what was written', () => {
    write(dir, value);
    expect(read(dir)).toEqual(value);
  });

  it('is not written with a key that is not described', () => {
    expect(() => write(dir, { ...value, note: 1 })).toThrow(/note/);
    expect(() => raw(file)).toThrow(/ENOENT/);
  });

  it('is refused in one line with the next command: missing, damaged, incomplete, newer', () => {
    const refused = (message: RegExp) => {
      expect(() => read(dir)).toThrow(UserError);
      expect(() => read(dir)).toThrow(message);
      expect(() => read(dir)).toThrow(/^[^\n]*run npm run pipeline -- run <pipeline> --force \S+[^\n]*$/);
    };
    refused(/^missing (file|encoder): /);
    for (const text of ['', '{', '[1]', 'null']) {
      writeFileSync(join(dir, file), text);
      refused(/^invalid (file|encoder): .*\.json\. expected (JSON|an object)\. /);
    }
    for (const key of Object.keys(value)) {
      // Encoders of before have no preprocessing, results no kNN.
      if (key === 'preprocessing' || key === 'knn') continue;
      put(file, { ...value, [key]: undefined });
      refused(new RegExp(`^invalid (file|encoder): .*\\.json\\. ${key}: .*expected `));
    }
    put(file, { version: 99, ...value });
    refused(
      /^newer (file|encoder): .* is of version 99, and [12] is the last that is read here\. update this checkout, or /,
    );
    for (const version of ['2', 0, 1.5]) {
      put(file, { version, ...value });
      refused(/^invalid (file|encoder): .*\.json\. version: expected a whole number, at most [12]\. /);
    }
  });
});

describe('files of before', () => {
  const { preprocessing: how, ...unfed } = encoder;

  it.each([
    ['the whole preprocessing', how, how],
    ['a view policy', 'centercrop(to=32,resize=legacy)', preprocessing([32, 32, 3], 0.875, 'legacy')],
    ['a view policy with the usual resize', 'centercrop(to=32)', preprocessing([32, 32, 3], 0.875, 'bicubic')],
    ['nothing of preprocessing', undefined, preprocessing([32, 32, 3], 0.875, 'bicubic')],
  ])('encoder.json without a version and with %s is read', (_what, said, expected) => {
    put('encoder.json', { ...unfed, preprocessing: said });
    expect(readEncoderInfo(dir)).toEqual({ ...unfed, preprocessing: expected });
    // Now it is required.
    put('encoder.json', { version: 2, ...unfed });
    expect(() => readEncoderInfo(dir)).toThrow(/^invalid encoder: .*\. preprocessing: expected object, /);
  });

  it('curves without the spread of features, results without folds and kNN are read', () => {
    const { featureStd, featureRank, ...point } = history.knn[0]!;
    put('history.json', { ...history, knn: [point] });
    expect(readHistory(dir)).toEqual({ ...history, knn: [point] });
    const { validationLoss, folds, ...before } = row;
    put('results.json', { rows: [before] });
    expect(readResults(dir)).toEqual({ rows: [before], knn: [] });
  });

  it('a row of another kind of features is named by its place', () => {
    put('results.json', { rows: [row, { ...row, features: 'other' }], knn: [] });
    expect(() => readResults(dir)).toThrow(
      /^invalid file: .*results\.json\. rows\.1\.features: expected one of "pretrained"\|"random-init"\|"pixels"\. run npm run pipeline -- run <pipeline> --force <stage>, the stage that writes it$/,
    );
  });
});

it('only encoder.json has a version so far; the others stay as they were to the byte', () => {
  writeViewPolicy(dir, FILES['policy.json'].value);
  expect(raw('policy.json')).toBe(`${JSON.stringify(FILES['policy.json'].value, null, 2)}\n`);
  writeEncoderInfo(dir, encoder);
  expect(raw('encoder.json')).toBe(`${JSON.stringify({ version: 2, ...encoder }, null, 2)}\n`);
});

it('previews and lists of what was left out are files of their own', () => {
  expect(() => readPreview(dir)).toThrow(/^missing file: .*preview\.png\. run npm run pipeline -- run /);
  writePreview(dir, Uint8Array.of(1, 2));
  expect([...readPreview(dir)]).toEqual([1, 2]);
  writeSkipped(dir, [{ path: 'a/1.png', reason: 'no image' }]);
  expect(raw('skipped.jsonl')).toBe('{"path":"a/1.png","reason":"no image"}\n');
});
