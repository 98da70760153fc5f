import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readArguments } from './arguments.ts';
import { writePipeline } from './write-pipeline.ts';

const dir = mkdtempSync(join(tmpdir(), 'evaluate-'));
mkdirSync(join(dir, 'configs'));
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

it('writes a pipeline that ends with the table, of the datasets that are there and the names of the others', () => {
  const wanted = readArguments(['--encoder', '/nets/my net.onnx', '--datasets', 'pets,digits', '--repacked'], '/');
  expect(writePipeline(dir, wanted)).toBe('evaluate-my-net');
  const pipeline = parse(readFileSync(join(dir, 'pipelines/evaluate-my-net/pipeline.yaml'), 'utf8'));
  expect(pipeline.stages.ingest.matrix.dataset).toEqual(['pets', 'digits'].map((name) => ({ name, repacked: true })));
  expect(pipeline.stages['import-encoder'].matrix.file).toEqual({ 'my-net': '/nets/my net.onnx' });
  const config = JSON.parse(readFileSync(join(dir, 'configs/evaluate-my-net.json'), 'utf8'));
  expect(config).toMatchObject({ ingest: { missing: 'name' }, report: { table8: {} } });
  expect(Object.keys(config)).toEqual([
    'seed',
    ...Object.values(pipeline.stages).map((stage) => (stage as { params: string[] }).params[0]),
  ]);
});
