import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '@simclr/stage';
import { float32, type TensorFlow, type Tree } from '@simclr/tensorflow';
import { afterAll, describe, expect, it } from 'vitest';
import { applyHead, applySupervisedHead } from '../heads.ts';
import { applyResNet } from '../resnet.ts';
import { loadSafetensors, saveSafetensors } from '../safetensors.ts';
import { relL2, toTensors, valuesOf } from '../testdata/golden.ts';
import { IMAGENET_STATISTICS } from './geometry.ts';
import { type ImportedCheckpoint, importCheckpoint } from './import-checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { readAll, testFile } from './testdata/files.ts';

const dir = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(dir, { recursive: true }));

const expectedOf = (name: string): Tree => loadSafetensors(testFile(`${name}-expected.safetensors`)).tensors;

/** What an imported network gives for images. */
function run({ architecture, tensors }: ImportedCheckpoint, { images }: Tree) {
  const variables = toTensors(tensors);
  const x = toTensors({ images: images! }).images!;
  return { variables, features: applyResNet(architecture, variables, variables, x, { training: false }).features };
}

const difference = (ours: TensorFlow.Tensor, theirs: Tree[string]) => {
  expect(ours.shape).toEqual(theirs.shape);
  return relL2(valuesOf(ours), theirs.data);
};

describe.each([
  [
    'TF1 checkpoint, SimCLR v2',
    'tf1',
    'tf1/model.ckpt-7',
    { depth: 50, width: 2, stem: 'imagenet', channels: 3, skRatio: 0.0625 },
    3,
    ['base_model/conv2d/kernel/Momentum', 'global_step'],
  ],
  ['TF2 SavedModel', 'tf2', 'tf2', { depth: 18, width: 2, stem: 'cifar', channels: 3 }, 2, []],
])('%s of the reference', (_, name, path, architecture, layers, unused) => {
  const imported = importCheckpoint(testFile(path));
  const expected = expectedOf(name);

  it('is matched whole', () => {
    const { report, head, classes } = imported;
    expect(imported.architecture).toEqual(architecture);
    expect([head, classes]).toEqual([{ kind: 'nonlinear', layers, outDim: 8 }, 5]);
    expect(report.unused.sort()).toEqual(unused);
    expect([report.missing, report.reshaped]).toEqual([[], []]);
    expect(report.matched).toHaveLength(Object.keys(imported.tensors).length);
  });

  it('gives the same features, projections and logits', () => {
    const { variables, features } = run(imported, expected);
    expect(difference(features, expected.features!)).toBeLessThan(1e-5);
    const { z } = applyHead(imported.head!, variables, variables, features, { training: false });
    expect(difference(z, expected.projection!)).toBeLessThan(1e-5);
    expect(difference(applySupervisedHead(variables, features), expected.logits!)).toBeLessThan(1e-5);
  });
});

describe('torchvision’s names', () => {
  const torch = { width: 2, stem: 'imagenet', channels: 3, normalize: IMAGENET_STATISTICS, poolPadding: 'symmetric' };

  it('ResNet-18 in a .pth: the shortcut that it has not is the identity', () => {
    const imported = importCheckpoint(testFile('resnet18.pth'));
    const { report } = imported;
    expect(imported.architecture).toEqual({ ...torch, depth: 18 });
    expect(report.missing).toEqual(
      ['conv1/kernel', 'bn1/gamma', 'bn1/beta', 'bn1/moving_mean', 'bn1/moving_variance'].map(
        (name) => `group1/block1/shortcut/${name}`,
      ),
    );
    expect(report.reshaped).toHaveLength(20);
    const { unused } = report;
    expect(unused.filter((name) => !name.endsWith('.num_batches_tracked'))).toEqual(['fc.weight', 'fc.bias']);
    const expected = expectedOf('resnet18');
    expect(difference(run(imported, expected).features, expected.features!)).toBeLessThan(1e-5);
  });

  it('ResNet-50 in safetensors, half precision, under a prefix', () => {
    const imported = importCheckpoint(testFile('resnet50.safetensors'));
    expect(imported.architecture).toEqual({ ...torch, depth: 50, width: 1 });
    expect(imported.report.missing).toEqual([]);
    const expected = expectedOf('resnet50');
    expect(difference(run(imported, expected).features, expected.features!)).toBeLessThan(1e-5);
  });

  it('statistics and padding are as asked', () => {
    const options = { normalize: 'none', poolPadding: 'same' } as const;
    const { architecture } = importCheckpoint(testFile('resnet18.pth'), options);
    expect(architecture).toEqual({ depth: 18, width: 2, stem: 'imagenet', channels: 3 });
  });
});

describe('several networks in one file', () => {
  const path = join(dir, 'two.safetensors');
  const weights = readAll(openCheckpoint(testFile('resnet18.pth')));
  const under = (prefix: string, change: (name: string) => string = (name) => name) =>
    Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [change(prefix + name), tensor]));

  it('are told apart by prefix', () => {
    saveSafetensors(path, { ...under('a.best.'), ...under('a.last.') });
    expect(() => importCheckpoint(path)).toThrow(
      /^several networks: a\.best\., a\.last\. in .*\. choose one with --prefix$/,
    );
    expect(() => importCheckpoint(path, { prefix: 'a' })).toThrow(
      /^unknown prefix: a in .*\. allowed: a\.best\., a\.last\.$/,
    );
    for (const prefix of ['a.last', 'a.last.', 'last']) {
      const { report } = importCheckpoint(path, { prefix });
      expect([report.prefix, report.others]).toEqual(['a.last.', ['a.best.']]);
      expect(report.matched.every(({ source }) => source.startsWith('a.last.'))).toBe(true);
    }
  });

  it.each([
    ['module.encoder_q.', 'module.encoder_k.'],
    ['student.backbone.', 'teacher.backbone.'],
    ['online_encoder.', 'target_encoder.'],
    ['state_dict.', 'state_dict_ema.'],
    ['backbone.', 'backbone_momentum.'],
  ])('%s is taken and %s, its average, is told', (trained, averaged) => {
    saveSafetensors(path, { ...under(averaged), ...under(trained), queue: float32([2]) });
    const { prefix, others, unused } = importCheckpoint(path).report;
    expect([prefix, others]).toEqual([trained, [averaged]]);
    expect(unused).toContain('queue');
    expect(importCheckpoint(path, { prefix: averaged }).report.prefix).toBe(averaged);
  });

  it('of the reference, the averaged one is not the default', () => {
    const tf1 = readAll(openCheckpoint(testFile('tf1')));
    const averaged = Object.entries(tf1).filter(([name]) => /^(base_model|head_contrastive)\//.test(name));
    saveSafetensors(path, { ...Object.fromEntries(averaged.map(([name, t]) => [`ema_model/${name}`, t])), ...tf1 });
    const sources = (prefix?: string) => importCheckpoint(path, { prefix }).report.matched.map(({ source }) => source);
    expect(sources().filter((name) => name.startsWith('ema_model/'))).toEqual([]);
    const ema = sources('ema_model/base_model').filter((name) => !name.startsWith('ema_model/'));
    expect(ema.sort()).toEqual([
      'head_supervised/linear_layer/dense/bias',
      'head_supervised/linear_layer/dense/kernel',
    ]);
  });
});

describe('what does not fit', () => {
  const path = join(dir, 'x.safetensors');
  const weights = readAll(openCheckpoint(testFile('resnet18.pth')));
  const refused = (tree: Tree, message: RegExp) => {
    saveSafetensors(path, tree);
    expect(() => importCheckpoint(path)).toThrow(UserError);
    expect(() => importCheckpoint(path)).toThrow(message);
  };

  it('is refused in one line that says what was expected', () => {
    refused(
      { a: float32([1]), b: float32([1]) },
      /^unknown names: a, b, … in .*\. expected the reference's \(base_model/,
    );
    const { 'layer1.0.bn1.weight': _, ...rest } = weights;
    refused(
      rest,
      /^missing tensors: 1 of 105 in .*, such as layer1\.0\.bn1\.weight\. expected those of ResNet-18, width 2, /,
    );
    refused(
      { ...weights, 'layer4.1.conv2.weight': float32([16, 8, 3, 3]) },
      /^shapes differ: layer4\.1\.conv2\.weight is \[16,8,3,3\] in .*, expected \[16,16,3,3\] in ResNet-18, /,
    );
    refused(
      { ...weights, 'layer2.2.conv1.weight': float32([1]) },
      /^unknown depth: no ResNet has as many basic blocks as /,
    );
    refused(
      { ...weights, 'layer4.1.conv2.bias': float32([16]) },
      /^another network: layer4\.1\.conv2\.bias in .* has no place in ResNet-18, width 2, imagenet stem$/,
    );
    const tf1 = readAll(openCheckpoint(testFile('tf1')));
    refused({ ...tf1, 'base_model/batch_normalization_99/gamma': float32([4]) }, /^another network: base_model\/batch/);
    const { 'base_model/conv2d_9/kernel': kernel, ...others } = tf1;
    expect(kernel).toBeDefined();
    refused(others, /^unknown depth: no ResNet has as many bottlenecks as /);
  });

  it('a path with nothing to read says what may be there', () => {
    expect(() => importCheckpoint(join(dir, 'nowhere'))).toThrow(/^missing checkpoint: .*nowhere$/);
    expect(() => importCheckpoint(dir)).toThrow(
      /^no checkpoint: .*\. expected variables\/variables\.index \(a SavedModel\), /,
    );
  });

  it.each([
    'model.ckpt-7',
    'model.ckpt-7.index',
    'model.ckpt-7.data-00000-of-00001',
    '',
  ])('a TF1 checkpoint goes by its prefix, its files and its folder: %s', (name) => {
    const folder = join(dir, 'tf1');
    cpSync(dirname(testFile('tf1/checkpoint')), folder, { recursive: true });
    expect(openCheckpoint(join(folder, name)).shapes.size).toBe(
      openCheckpoint(testFile('tf1/model.ckpt-7')).shapes.size,
    );
  });
});
