import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ResultRow, writeResults } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';
import { resultTable } from './table.ts';

const dir = mkdtempSync(join(tmpdir(), 'evaluate-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('arguments', () => {
  it('name an encoder, and what is said of it; datasets are the twelve by default', () => {
    const read = readArguments(
      ['--encoder', 'nets/my.net.onnx', '--preprocess', 'squash(64)', '--data', 'd'],
      '/home/me',
    );
    expect(read).toMatchObject({ encoder: '/home/me/nets/my.net.onnx', preprocess: 'squash(64)', data: '/home/me/d' });
    expect(read.datasets).toHaveLength(12);
    expect(read.name).toBe('my-net');
    expect(readArguments(['--encoder', 'x', '--datasets', 'pets, dtd', '--name', 'a'], '/')).toMatchObject({
      datasets: ['pets', 'dtd'],
      name: 'a',
    });
  });

  it.each([
    [[], /^missing --encoder\. usage: /],
    [['--encoder', 'x', '--sets', 'y'], /^unknown option '--sets'.*usage: /],
    [['--encoder', 'x', '--datasets', 'a,,b'], /^invalid --datasets: a,,b\. allowed: /],
    [['--encoder', 'x', '--name', '../y'], /^invalid --name: \.\.\/y\. allowed: /],
  ])('%j are refused in one line', (args, message) => {
    expect(() => readArguments(args, '/')).toThrow(UserError);
    expect(() => readArguments(args, '/')).toThrow(message);
  });

  it('that name nothing there end with 1, before anything is written', () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [main, '--encoder', 'gone.onnx'], {
      cwd: dir,
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^missing encoder: .*gone\.onnx\n$/);
    expect(status).toBe(1);
  });
});

it('the table has a row for each dataset, and names those without results and what is flagged', () => {
  const out = join(dir, 'transfer/caltech101/data');
  mkdirSync(out, { recursive: true });
  const row = {
    dataset: 'caltech101',
    protocol: 'linear',
    labelFraction: 1,
    draw: 0,
    trainRows: 3030,
    testRows: 6114,
    metric: 'mean-per-class',
    top1: 0.9,
    choice: { l2: 1 },
  } as const satisfies Partial<ResultRow>;
  writeResults(out, {
    rows: [
      { ...row, features: 'pretrained', score: 0.8654 },
      { ...row, features: 'random-init', score: 0.25 },
      { ...row, features: 'pretrained', protocol: 'knn', choice: { k: 20 }, score: 0.7 },
    ],
    flags: [{ kind: 'input-range', dataset: 'caltech101', message: 'look at it' }],
  });
  expect(resultTable(dir, ['caltech101', 'pets']).split('\n')).toEqual([
    'dataset     metric          encoder  untrained  pixels',
    'caltech101  mean-per-class     86.5       25.0       –',
    'pets        not there',
    'flag, input-range: look at it',
  ]);
});
