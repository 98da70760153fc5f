import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EncoderFile } from '@simclr/artifacts';
import { importEncoder } from '@simclr/import-encoder';
import { definitions, loadSafetensors, saveSafetensors } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { afterAll, describe, expect, it } from 'vitest';

const checkpoints = fileURLToPath(new URL('../../../packages/nn/src/checkpoints/testdata', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(dir, { recursive: true }));

const readInfo = (folder: string): EncoderFile => JSON.parse(readFileSync(join(folder, 'encoder.json'), 'utf8'));

it.each([
  ['tf1', 'tf1', 33],
  ['tf2', 'tf2', 16],
  ['resnet18', 'resnet18.pth', 40],
  ['resnet50', 'resnet50.safetensors', 40],
])('%s: the folder gives the features of the program that it is from', async (name, file, size) => {
  const folder = join(dir, name);
  await importEncoder(join(checkpoints, file), folder, { size });
  const { architecture: network, inputShape, featureDim, precision } = readInfo(folder);
  const reference = { module: definitions, export: 'encode', args: { network, inputShape } };
  const graph = await compile(reference, { precision, cache: join(dir, 'graphs') });
  graph.write(loadSafetensors(join(folder, 'encoder.safetensors')).tensors);
  const { images, features } = loadSafetensors(join(checkpoints, `${name}-expected.safetensors`)).tensors;
  const { shape, data } = graph.run({ images: images!.data as Float32Array }).features!;
  expect(shape).toEqual([2, featureDim]);
  const scale = Math.max(...features!.data.map(Math.abs));
  features!.data.forEach((value, i) => {
    expect(Math.abs(value - data[i]!) / scale).toBeLessThan(1e-4);
  });
  graph.dispose();
});

it('writes what the stage pretrain writes, by files', async () => {
  const folder = join(dir, 'whole');
  const { files } = await importEncoder(join(checkpoints, 'tf1'), folder, { dataset: 'imagenet' });
  expect(readdirSync(folder).sort()).toEqual([...files].sort());
  const info = readInfo(folder);
  expect(info).toMatchObject({ inputShape: [224, 224, 3], featureDim: 64, dataset: 'imagenet', precision: 'fp32' });
  // The reference resizes without antialiasing, Pillow and torchvision with it.
  expect(info.preprocessing).toMatchObject({ size: [224, 224], crop: 0.875, antialias: false });
  await importEncoder(join(checkpoints, 'resnet18.pth'), join(dir, 'of-torch'));
  expect(readInfo(join(dir, 'of-torch')).preprocessing).toMatchObject({ antialias: true, a: -0.5, channels: 'RGB' });
  const names = (file: string) => Object.keys(loadSafetensors(join(folder, file)).tensors);
  expect(names('encoder.safetensors').every((name) => /^(stem|group)/.test(name))).toBe(true);
  expect(names('projection.safetensors').every((name) => name.startsWith('head/'))).toBe(true);
  expect(names('supervised.safetensors')).toHaveLength(2);
});

describe('bad input', () => {
  it('is refused in one line, and nothing is written', async () => {
    const refused = async (checkpoint: string, folder: string, message: RegExp) => {
      const before = readdirSync(dir).sort();
      await expect(importEncoder(checkpoint, join(dir, folder))).rejects.toThrow(UserError);
      await expect(importEncoder(checkpoint, join(dir, folder))).rejects.toThrow(message);
      expect(readdirSync(dir).sort()).toEqual(before);
    };
    const weights = join(checkpoints, 'resnet18.pth');
    mkdirSync(join(dir, 'there'));
    writeFileSync(join(dir, 'file'), '');
    await refused(weights, 'there', /^folder exists: .*there\. remove it, or name another$/);
    await refused(weights, 'file/x', /^cannot write: .*file\/x\. E[A-Z]+: /);
    await refused(join(dir, 'nowhere'), 'x', /^missing checkpoint: .*nowhere$/);
    await refused(join(checkpoints, 'foreign.pth'), 'x', /^no tensors: .*, which holds posix\.system\. /);
    cpSync(join(checkpoints, 'tf1'), join(dir, 'cut'), { recursive: true });
    writeFileSync(join(dir, 'cut/model.ckpt-7.data-00000-of-00001'), 'x');
    await refused(join(dir, 'cut'), 'x', /^cut off: .*model\.ckpt-7\.data-00000-of-00001 has 1 bytes, expected \d+$/);
  });
});

describe('the command', () => {
  const call = (...args: string[]) => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const env = { ...process.env, INIT_CWD: dir };
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
    return { status, stdout: stdout.trim().split('\n'), error: stderr.trim().split('\n').at(-1) };
  };

  it('takes paths from where npm was called, and prints what matched', () => {
    cpSync(join(checkpoints, 'resnet18.pth'), join(dir, 'resnet18.pth'));
    const { status, stdout } = call('resnet18.pth', 'new/encoder/', '--normalize', '0.5,0.5,0.5/0.25,0.25,0.25');
    expect(stdout).toEqual([
      'new/encoder/: encoder.json, encoder.safetensors',
      'format   PyTorch',
      'network  ResNet-18, width 2, imagenet stem, symmetric pool padding',
      'heads    none',
      'images   [n, 224, 224, 3] in [0, 1], then less mean, by deviation:',
      '         mean 0.5 0.5 0.5, deviation 0.25 0.25 0.25',
      'matched  100 tensors, 20 of them from OIHW to HWIO',
      'unused   22: num_batches_tracked ×20, fc ×2',
      'missing  5: group1/block1/shortcut',
      '         the first shortcut has no projection there: it became the identity, exact in evaluation,',
      '         while in further training its batch norm takes the statistics of the batch',
      'assumed  stem of stride 2; else --stem-stride 1',
      '         stem padded by 3; else --stem-padding 0, 1 or 2',
      '         max pooling after it; else --stem-pool no',
      '         pooling padded as symmetric; else --pool-padding same, if TensorFlow trained it',
    ]);
    expect(status).toBe(0);
    expect(readInfo(join(dir, 'new/encoder')).architecture.normalize?.mean).toEqual([0.5, 0.5, 0.5]);
  });

  it('says which network it took, what was left over, and what it could only assume', () => {
    const weights = loadSafetensors(join(checkpoints, 'resnet10.safetensors')).tensors;
    const under = (prefix: string) => Object.entries(weights).map(([name, tensor]) => [prefix + name, tensor]);
    const moco = Object.fromEntries([...under('encoder_k.'), ...under('encoder_q.'), ['queue', weights['fc.bias']]]);
    saveSafetensors(join(dir, 'moco.safetensors'), moco);
    const { stdout, status } = call('moco.safetensors', 'moco', '--stem-padding', '2', '--normalize', 'none');
    expect(status).toBe(0);
    expect(stdout.slice(2, 7)).toEqual([
      'weights  of encoder_q',
      '         also there: --prefix encoder_k',
      'network  ResNet-10, width 2, cifar stem, stem padding 2',
      'heads    none',
      'images   [n, 32, 32, 3] in [0, 1]',
    ]);
    expect(stdout).toContain('unused   89: encoder_k ×74, num_batches_tracked ×12, fc ×2, queue');
    expect(stdout.slice(-2)).toEqual([
      'assumed  stem of stride 1; else --stem-stride 2',
      '         no max pooling after it; else --stem-pool yes',
    ]);
    const { architecture, imported } = readInfo(join(dir, 'moco'));
    expect(architecture.stemPadding).toBe(2);
    expect(imported!.geometry).toEqual({ stemStride: 1, stemPadding: 2, stemPool: false });
    expect(imported!.assumed).toEqual(['stemStride', 'stemPool']);
  });

  it.each(['--help', '-h'])('%s says how it is called, in 100 columns', (word) => {
    const { status, stdout, error } = call(word);
    expect([status, error]).toEqual([0, '']);
    expect(stdout[0]).toBe('npm run import -- <checkpoint> <folder> [options]');
    expect(stdout.filter((line) => line.startsWith('  --'))).toHaveLength(11);
    expect(stdout.at(-1)).toBe('  npm run import -- resnet50.pth encoders/resnet50');
    expect(Math.max(...stdout.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('ends with 1 and the reason as its last line', () => {
    expect(call().error).toBe('missing checkpoint. npm run import -- --help');
    expect(call('a', 'b', '--datset', 'c').error).toBe(
      'unknown option: --datset. nearest: --dataset. npm run import -- --help',
    );
    expect(call('a', 'b', '--size', '0').error).toBe('invalid --size: 0. allowed: a number of pixels');
    expect(call('a', 'b', '--normalize', '1/0').error).toMatch(
      /^invalid --normalize: 1\/0\. allowed: imagenet, none, /,
    );
    expect(call('a', 'b', '--stem-pool', 'maybe').error).toBe('invalid --stem-pool: maybe. allowed: yes, no');
    const { status, error } = call('a', 'b');
    expect([status, error]).toEqual([1, `missing checkpoint: ${join(dir, 'a')}`]);
  });
});
