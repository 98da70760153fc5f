import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EncoderInfo,
  packFloats,
  preprocessing,
  readEncoderInfo,
  readHistory,
  readNeighbours,
  readPredictions,
  readPreview,
  readResults,
  readViewPolicy,
  unpackFloats,
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
  protocol: 'linear' as const,
  labelFraction: 1,
  draw: 0,
  trainRows: 100,
  testRows: 50,
  metric: 'mean-per-class' as const,
  score: 0.75,
  top1: 0.8,
  meanPerClass: 0.75,
  choice: { l2: 10 },
  validationScore: 0.7,
  validationLoss: 0.9,
  folds: 5,
  curve: [
    { at: { l2: 10 }, score: 0.7, loss: 0.9 },
    { at: { l2: 1 }, score: 0.6 },
  ],
};
const flag = { kind: 'below-baseline' as const, dataset: 'a', message: 'below the pixels: a' };
const test = { dataset: 'a', digest: 'd', metric: 'top-1' as const, classes: ['x', 'y'], labels: [1, 0] };
const history = {
  train: [{ step: 1, epoch: 0.5, loss: 3, contrastAcc: 0.1, learningRate: 0.3 }],
  knn: [{ step: 1, epoch: 0.5, accuracy: 0.4, featureStd: 0.9, featureRank: 12 }],
};
const prediction = {
  dataset: 'a',
  features: 'pixels' as const,
  protocol: 'linear' as const,
  labelFraction: 1,
  draw: 0,
  predicted: [1, 0],
  confidence: packFloats([0.5, 1]),
};

/** What each file holds, its writer and its reader. */
const FILES = {
  'encoder.json': { value: encoder, write: writeEncoderInfo, read: readEncoderInfo },
  'policy.json': {
    value: { policy: 'crop', dataset: 'a', shape: [8, 8, 1] } as ViewPolicy,
    write: writeViewPolicy,
    read: readViewPolicy,
  },
  'history.json': { value: history, write: writeHistory, read: readHistory },
  'results.json': { value: { rows: [row], flags: [flag] }, write: writeResults, read: readResults },
  'predictions.json': {
    value: { tests: [test], predictions: [prediction] },
    write: writePredictions,
    read: readPredictions,
  },
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
    write(dir, value);
    const written = JSON.parse(raw(file));
    for (const key of Object.keys(value)) {
      put(file, { ...written, [key]: undefined });
      refused(new RegExp(`^invalid (file|encoder): .*\\.json\\. ${key}: .*expected `));
    }
    put(file, { version: 99, ...value });
    refused(
      /^newer (file|encoder): .* is of version 99, and [123] is the last that is read here\. update this checkout, or /,
    );
    for (const version of ['2', 0, 1.5]) {
      put(file, { version, ...value });
      refused(/^invalid (file|encoder): .*\.json\. version: expected a whole number, at most [123]\. /);
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

  it('curves without the spread of features are read', () => {
    const { featureStd, featureRank, ...point } = history.knn[0]!;
    put('history.json', { ...history, knn: [point] });
    expect(readHistory(dir)).toEqual({ ...history, knn: [point] });
  });

  describe('results of linear-eval and transfer, of version 1', () => {
    const sizes = { dataset: 'a', features: 'pixels', trainRows: 100, testRows: 50 };
    const draw = { labelFraction: 0.1, draw: 2 };
    const probe = { ...sizes, ...draw, l2: 10, validationAccuracy: 0.7, accuracy: 0.8 };
    const upgraded = {
      ...sizes,
      ...draw,
      protocol: 'linear',
      metric: 'top-1',
      score: 0.8,
      top1: 0.8,
      choice: { l2: 10 },
      validationScore: 0.7,
    };

    it('are read: probes and kNN in one list, by top-1', () => {
      put('results.json', {
        rows: [{ ...probe, validationLoss: 0.9, folds: 5 }],
        knn: [{ ...sizes, k: 20, accuracy: 0.6 }],
      });
      const knn = { ...sizes, protocol: 'knn', labelFraction: 1, draw: 0, metric: 'top-1', score: 0.6, top1: 0.6 };
      expect(readResults(dir)).toEqual({
        rows: [
          { ...upgraded, validationLoss: 0.9, folds: 5 },
          { ...knn, choice: { k: 20 } },
        ],
        flags: [],
      });
    });

    it('the first of them, without folds and kNN, too', () => {
      put('results.json', { rows: [probe] });
      expect(readResults(dir)).toEqual({ rows: [upgraded], flags: [] });
    });

    it('predictions are those of the probes', () => {
      put('predictions.json', { predictions: [{ dataset: 'a', features: 'pixels', ...draw, classes: [1, 0] }] });
      const { confidence, ...known } = prediction;
      expect(readPredictions(dir)).toEqual({ tests: [], predictions: [{ ...known, ...draw }] });
    });

    it('damaged ones are refused by the same words', () => {
      for (const rows of [undefined, {}, 7]) {
        put('results.json', { rows });
        expect(() => readResults(dir)).toThrow(/^invalid file: .*\. rows: expected array/);
      }
      put('results.json', { rows: [null] });
      expect(() => readResults(dir)).toThrow(/^invalid file: .*\. rows\.0: expected object/);
      put('results.json', { rows: [], knn: 7 });
      expect(() => readResults(dir)).toThrow(/^invalid file: .*\. /);
    });
  });

  it('a row of another kind of features is named by its place', () => {
    put('results.json', { version: 2, rows: [row, { ...row, features: 'other' }], flags: [] });
    expect(() => readResults(dir)).toThrow(
      /^invalid file: .*results\.json\. rows\.1\.features: expected one of "pretrained"\|"random-init"\|"pixels"\. run npm run pipeline -- run <pipeline> --force <stage>, the stage that writes it$/,
    );
  });
});

it('files of the first version have none, and stay as they were to the byte', () => {
  writeViewPolicy(dir, FILES['policy.json'].value);
  expect(raw('policy.json')).toBe(`${JSON.stringify(FILES['policy.json'].value, null, 2)}\n`);
  writeEncoderInfo(dir, encoder);
  expect(raw('encoder.json')).toBe(`${JSON.stringify({ version: 3, format: 'safetensors', ...encoder }, null, 2)}\n`);
});

it('numbers come back from base64 to the bit', () => {
  const values = Float32Array.of(0, -1.5, 1e-30, Math.PI, Number.NaN);
  expect(unpackFloats(packFloats(values))).toEqual(values);
  expect(unpackFloats(packFloats([]))).toHaveLength(0);
});

it('previews and lists of what was left out are files of their own', () => {
  expect(() => readPreview(dir)).toThrow(/^missing file: .*preview\.png\. run npm run pipeline -- run /);
  writePreview(dir, Uint8Array.of(1, 2));
  expect([...readPreview(dir)]).toEqual([1, 2]);
  writeSkipped(dir, [{ path: 'a/1.png', reason: 'no image' }]);
  expect(raw('skipped.jsonl')).toBe('{"path":"a/1.png","reason":"no image"}\n');
});
