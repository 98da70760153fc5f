import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { float32, type Tree } from '@simclr/tensorflow';
import { afterAll, describe, expect, it } from 'vitest';
import { saveSafetensors } from '../safetensors.ts';
import { importCheckpoint } from './import-checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { readAll, testFile } from './testdata/files.ts';

const dir = mkdtempSync(join(tmpdir(), 'names-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('other names of the same ResNet', () => {
  const path = join(dir, 'names.safetensors');
  const weights = readAll(openCheckpoint(testFile('resnet18.pth')));
  const ours = importCheckpoint(testFile('resnet18.pth')).tensors;
  const layers = (from: number) => (_: string, group: string) => `${Number(group) + from}`;
  const names: Record<string, (name: string) => string> = {
    'shortcut for downsample, DataParallel in torch.compile': (name) =>
      `_orig_mod.module.${name.replace('downsample', 'shortcut')}`,
    'places in an nn.Sequential, as Lightly': (name) =>
      `backbone.${name
        .replace(/^conv1/, '0')
        .replace(/^bn1/, '1')
        .replace(/^layer(\d)/, layers(3))}`,
    'the same without max pooling': (name) =>
      `f.${name
        .replace(/^conv1/, '0')
        .replace(/^bn1/, '1')
        .replace(/^layer(\d)/, layers(2))}`,
    'the same with the stem in one of its own': (name) =>
      name
        .replace(/^conv1/, '0.0')
        .replace(/^bn1/, '0.1')
        .replace(/^layer(\d)/, layers(0)),
    'Hugging Face': (name) =>
      `resnet.${name
        .replace(/^conv1/, 'embedder.embedder.convolution')
        .replace(/^bn1/, 'embedder.embedder.normalization')
        .replace(/^layer(\d)\./, (_, group) => `encoder.stages.${Number(group) - 1}.layers.`)
        .replace('downsample.0', 'shortcut.convolution')
        .replace('downsample.1', 'shortcut.normalization')
        .replace(/\.conv(\d)\./, (_, n) => `.layer.${Number(n) - 1}.convolution.`)
        .replace(/\.bn(\d)\./, (_, n) => `.layer.${Number(n) - 1}.normalization.`)}`,
    'weiaicunzai’s': (name) =>
      name
        .replace(/\.conv1\./, '.residual_function.0.')
        .replace(/\.bn1\./, '.residual_function.1.')
        .replace(/\.conv2\./, '.residual_function.3.')
        .replace(/\.bn2\./, '.residual_function.4.')
        .replace(/^conv1/, 'conv1.0')
        .replace(/^bn1/, 'conv1.1')
        .replace('downsample', 'shortcut')
        .replace(/^layer(\d)/, (_, group) => `conv${Number(group) + 1}_x`),
  };

  it.each(Object.entries(names))('%s', (_, rename) => {
    saveSafetensors(path, Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [rename(name), tensor])));
    const { tensors, report } = importCheckpoint(path);
    expect(tensors).toEqual(ours);
    expect(report.unused.filter((name) => !name.endsWith('num_batches_tracked'))).toHaveLength(2);
  });
});

describe('networks that are not imported are called by their names', () => {
  const path = join(dir, 'other.safetensors');
  const weights = readAll(openCheckpoint(testFile('resnet50.safetensors')));
  const changed = (name: string, shape: number[]): Tree => ({ ...weights, [name]: float32(shape) });
  const block = 'module.encoder.layer1.0.';

  it.each<[string, Tree, string]>([
    ['a vision transformer', { 'vit.patch_embed.proj.weight': float32([1]) }, 'vit.patch_embed.proj.weight'],
    ['a VGG or AlexNet', { 'features.0.weight': float32([1]) }, 'features.0.weight'],
    ['a ResNeXt: convolutions in groups', changed(`${block}conv2.weight`, [4, 1, 3, 3]), `${block}conv2.weight`],
    ['a Wide ResNet: inner channels of its own', changed(`${block}conv2.weight`, [2, 2, 3, 3]), `${block}conv2.weight`],
    ['a ResNet with gates or attention', changed(`${block}se.fc1.weight`, [1]), `${block}se.fc1.weight`],
    [
      'a ResNet-D: a stem of three convolutions',
      changed('module.encoder.conv1.0.weight', [1, 3, 3, 3]),
      'module.encoder.conv1.0.weight',
    ],
    [
      "a small ResNet of CIFAR's: three groups",
      Object.fromEntries(Object.entries(weights).filter(([name]) => !name.includes('layer4'))),
      `${block}conv1.weight`,
    ],
  ])('%s', (network, tree, shows) => {
    saveSafetensors(path, tree);
    expect(() => importCheckpoint(path)).toThrow(UserError);
    expect(() => importCheckpoint(path)).toThrow(
      `not supported: ${path} seems to hold ${network} (${shows}). allowed: `,
    );
  });

  it('a width that the file cannot hold is told before anything of its size is made', () => {
    const narrow = readAll(openCheckpoint(testFile('resnet18.pth')));
    saveSafetensors(path, { ...narrow, 'conv1.weight': float32([100_000, 1, 1, 1]) });
    expect(() => importCheckpoint(path)).toThrow(
      `shapes differ: ${path} has no tensor of the 5760000000000 numbers of ResNet-18, width 100000`,
    );
  });
});
