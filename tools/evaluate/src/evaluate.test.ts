import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommand } from '@simclr/command-line';
import { UserError } from '@simclr/stage';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createSession } from '../../pipelines/src/launch/session.ts';
import { realWorkspace } from '../../pipelines/src/testing/real-workspace.ts';
import { whatIsAsked } from './arguments.ts';
import { EVALUATE } from './usage.ts';
import { writePipeline } from './write-pipeline.ts';

const dir = mkdtempSync(join(tmpdir(), 'evaluate-'));
const at = (...names: string[]) => join(dir, ...names);
beforeEach(() => {
  for (const name of readdirSync(dir)) rmSync(at(name), { recursive: true });
  mkdirSync(at('configs'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const KNOWN = ['pets', 'dtd', 'digits'];
const next = 'npm run evaluate -- --help';
const read = (...args: string[]) =>
  whatIsAsked(readCommand(args, EVALUATE, { next }), next, { from: '/home/me', known: KNOWN });
const write = (...args: string[]) => writePipeline(dir, read(...args));
const pipelineOf = (name: string) => parse(readFileSync(at('pipelines', name, 'pipeline.yaml'), 'utf8'));
const configOf = (name: string) => JSON.parse(readFileSync(at('configs', `${name}.json`), 'utf8'));

describe('arguments', () => {
  it('name encoders, and what is said of them; datasets are the twelve by default', () => {
    const one = read('--encoder', 'nets/my.net.onnx', '--preprocess', 'squash(64)', '--data', 'd');
    expect(one).toMatchObject({ encoders: { 'my-net': '/home/me/nets/my.net.onnx' }, data: '/home/me/d' });
    expect([one.datasets.length, one.name, one.preprocess]).toEqual([12, 'my-net', 'squash(64)']);
    expect(read('--encoder', 'x', '--datasets', 'pets, dtd', '--name', 'a')).toMatchObject({
      ...{ encoders: { a: '/home/me/x' }, datasets: ['pets', 'dtd'], name: 'a' },
    });
    expect(read('--encoder', 'x', '--encoder', 'y.onnx')).toMatchObject({
      ...{ encoders: { x: '/home/me/x', y: '/home/me/y.onnx' }, name: 'x-y' },
    });
  });

  it.each([
    [[], /^missing --encoder: .* npm run evaluate -- --help$/],
    [['--encoder', 'x', '--sets', 'y'], /^unknown option: --sets\. .*npm run evaluate -- --help$/],
    [['--encoder', 'x', '--datasets', 'pets,,dtd'], /^unknown --datasets: \. allowed: pets, dtd, digits$/],
    [['--encoder', 'x', '--datasets', 'digitz'], /^unknown --datasets: digitz\. nearest: digits\. allowed: /],
    [['--encoder', 'x', '--datasets', 'pets,pets'], /^twice in --datasets: pets\. /],
    [['--encoder', 'x', '--name', '../y'], /^invalid --name: \.\.\/y\. allowed: /],
    [['--encoder', 'a/x', '--encoder', 'b/x'], /^two encoders of one name: x\. /],
  ])('%j are refused in one line', (args, message) => {
    expect(() => read(...args)).toThrow(UserError);
    expect(() => read(...args)).toThrow(message);
  });
});

describe('the command', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const call = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: dir, encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const root = fileURLToPath(new URL('../../..', import.meta.url));

  it('says what it takes, in lines of at most 100 characters', () => {
    const { status, stdout, stderr } = call('--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('npm run evaluate -- [options]\n');
    expect(stdout).toContain('--encoder <file or folder> … ');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('ends with 1 where nothing is there, before anything is written', () => {
    expect(call('--encoder', 'gone.onnx')).toMatchObject({
      ...{ status: 1, stderr: expect.stringMatching(/^missing encoder: .*gone\.onnx\n$/) },
    });
  });

  it('leaves nothing of a pipeline that cannot run', async () => {
    const toy = await realWorkspace({});
    try {
      cpSync(join(root, 'tools/evaluate'), join(toy.root, 'tools/evaluate'), { recursive: true });
      toy.write('broken.onnx', 'no graph');
      const there = () => ['pipelines', 'configs'].map((folder) => readdirSync(join(toy.root, folder)));
      const before = there();
      const args = ['tools/evaluate/src/main.ts', '--encoder', 'broken.onnx', '--datasets', 'digits'];
      const started = toy.start('node', args);
      await started.ended;
      expect([started.code, started.output]).toEqual([1, expect.stringMatching(/^[^\n]*broken\.onnx[^\n]*\n$/)]);
      expect(there()).toEqual(before);
    } finally {
      await toy.remove();
    }
  }, 60_000);
});

describe('the pipeline', () => {
  it('ends with the table, of the datasets that are there and the names of the others', () => {
    expect(write('--encoder', '/nets/my net.onnx', '--datasets', 'pets,digits', '--repacked').pipeline).toBe(
      'evaluate-my-net',
    );
    const { stages } = pipelineOf('evaluate-my-net');
    expect(stages.ingest.matrix.dataset).toEqual(['pets', 'digits'].map((name) => ({ name, repacked: true })));
    expect(stages['import-encoder'].matrix.file).toEqual({ 'my-net': '/nets/my net.onnx' });
    const config = configOf('evaluate-my-net');
    expect(config).toMatchObject({ ingest: { missing: 'name' }, report: { table8: {} } });
    expect(Object.keys(config)).toEqual([
      'seed',
      ...Object.values(stages).map((stage) => (stage as { params: string[] }).params[0]),
    ]);
  });

  it('takes names that mean something else in YAML', () => {
    write('--encoder', '/n', '--name', 'null', '--datasets', 'pets');
    expect(pipelineOf('evaluate-null').stages['import-encoder'].matrix.file).toEqual({ null: '/n' });
  });

  it('is written anew for other datasets and one more encoder; what was changed in its config stays', () => {
    write('--encoder', '/a', '--name', 'mine', '--datasets', 'pets');
    const config = { ...configOf('evaluate-mine'), transfer: { protocols: ['knn'] } };
    writeFileSync(at('configs/evaluate-mine.json'), JSON.stringify(config));
    write('--encoder', '/a', '--encoder', '/b', '--name', 'mine', '--datasets', 'pets,dtd', '--output', 'pool');
    const { ingest, 'import-encoder': encoder } = pipelineOf('evaluate-mine').stages;
    expect([ingest.matrix.dataset, encoder.matrix.file]).toEqual([['pets', 'dtd'], { a: '/a', b: '/b' }]);
    expect(configOf('evaluate-mine')).toEqual({ ...config, importEncoder: { output: 'pool' } });
    expect(() => write('--encoder', '/a', '--name', 'mine')).toThrow(
      /^said before: importEncoder\.output of .*configs\/evaluate-mine\.json is "pool"\. give --output, or take it out there$/,
    );
  });

  it('of another encoder of that name is not replaced unless its name is said', () => {
    write('--encoder', '/one/net.onnx', '--datasets', 'pets');
    expect(() => write('--encoder', '/two/net.onnx', '--datasets', 'pets')).toThrow(
      'another encoder: evaluate-net is of /one/net.onnx. give --name, the same or another, or remove pipelines/evaluate-net',
    );
    write('--encoder', '/two/net.onnx', '--datasets', 'pets', '--name', 'net');
    expect(pipelineOf('evaluate-net').stages['import-encoder'].matrix.file).toEqual({ net: '/two/net.onnx' });
  });

  it('that somebody edited is not replaced', () => {
    write('--encoder', '/n', '--datasets', 'pets');
    const path = at('pipelines/evaluate-n/pipeline.yaml');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('params: [transfer]', 'params: [transfer], resources: { cores: 1 }'),
    );
    expect(() => write('--encoder', '/n', '--datasets', 'pets')).toThrow(
      /^edited: pipelines\/evaluate-n\/pipeline\.yaml is not as this command writes it, and stays\. npm run pipeline -- run evaluate-n, or /,
    );
  });

  it('is left as it is while it runs', () => {
    write('--encoder', '/n', '--datasets', 'pets');
    const path = at('pipelines/evaluate-n/pipeline.yaml');
    const before = readFileSync(path, 'utf8');
    createSession(at('pipelines/evaluate-n/out'), 'run', process.stderr);
    expect(() => write('--encoder', '/n', '--datasets', 'pets,dtd')).toThrow(
      /^under way: a run of evaluate-n, process /,
    );
    expect(readFileSync(path, 'utf8')).toBe(before);
    // As it is, it is for the run itself to say.
    expect(write('--encoder', '/n', '--datasets', 'pets').pipeline).toBe('evaluate-n');
  });

  it('can be taken back', () => {
    const first = write('--encoder', '/n', '--datasets', 'pets');
    const text = readFileSync(at('pipelines/evaluate-n/pipeline.yaml'), 'utf8');
    write('--encoder', '/n', '--datasets', 'dtd', '--output', 'x').undo();
    expect(readFileSync(at('pipelines/evaluate-n/pipeline.yaml'), 'utf8')).toBe(text);
    expect(configOf('evaluate-n').importEncoder).toEqual({});
    first.undo();
    expect([existsSync(at('pipelines/evaluate-n')), readdirSync(at('configs'))]).toEqual([false, []]);
  });
});
