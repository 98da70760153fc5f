import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { GraphFile, GraphTensor } from '@simclr/encoders/graph-files';
import { UserError } from '@simclr/stage';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { findInterface } from './graph-interface.ts';
import { readJsonPreprocessing } from './json-preprocessing.ts';
import { findStatement } from './stated.ts';

const root = mkdtempSync(join(tmpdir(), 'stated-'));
afterAll(() => rmSync(root, { recursive: true }));
let made = 0;
let path: string;
beforeEach(() => {
  path = join(root, String(made++), 'net.onnx');
  mkdirSync(dirname(path));
});

const images: GraphTensor = { name: 'x', key: 'x', shape: [null, 3, 224, 224], float32: true };
const features: GraphTensor = { name: 'y', key: 'y', shape: [null, 64], float32: true };
const graph = (changed: Partial<GraphFile> = {}): GraphFile => ({
  format: 'onnx',
  inputs: [images],
  outputs: [features],
  beside: [],
  refuseTraining() {},
  parameters: () => 0,
  ...changed,
});

const timm = {
  architecture: 'resnet50',
  pretrained_cfg: {
    input_size: [3, 224, 224],
    interpolation: 'bicubic',
    crop_pct: 0.95,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
};
const vit = {
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_processor_type: 'ViTImageProcessor',
  image_std: [0.5, 0.5, 0.5],
  resample: 2,
  rescale_factor: 0.00392156862745098,
  size: { height: 224, width: 224 },
};

describe('preprocessing in JSON', () => {
  const read = (json: object) => readJsonPreprocessing(JSON.stringify(json), 'a.json');
  const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

  it.each<[string, object, object]>([
    ['timm', timm, { size: [224, 224], crop: 0.95, resize: 'antialias', range: [0, 1], mean: [0.485, 0.456, 0.406] }],
    ['timm alone', timm.pretrained_cfg, { crop: 0.95 }],
    ['ViT', vit, { size: [224, 224], crop: 1, squash: true, resize: 'bilinear_antialias', range: [0, 1], ...half }],
    [
      'CLIP',
      {
        ...vit,
        resample: 3,
        do_center_crop: true,
        size: { shortest_edge: 256 },
        crop_size: { height: 224, width: 224 },
      },
      { size: [224, 224], crop: 0.875, resize: 'antialias' },
    ],
    ['ConvNeXt', { ...vit, crop_pct: 0.875, size: { shortest_edge: 224 } }, { size: [224, 224], crop: 0.875 }],
    ['ConvNeXt, large', { ...vit, crop_pct: 0.875, size: { shortest_edge: 384 } }, { size: [384, 384], squash: true }],
    ['whole numbers', { ...vit, do_rescale: false, do_normalize: false }, { range: [0, 255], mean: [0], std: [1] }],
    ['offset', { ...vit, rescale_factor: 1 / 127.5, rescale_offset: true }, { range: [-1, 1] }],
    ['BGR', { ...vit, do_flip_channel_order: true }, { channels: 'BGR' }],
    [
      'own keys',
      { size: 96, resize: 'bilinear', antialias: true, range: [0, 255], mean: 127, std: [128] },
      { size: [96, 96], crop: 1, resize: 'bilinear_antialias', range: [0, 255], mean: [127], std: [128] },
    ],
    ['own text', { preprocess: 'squash(64)' }, { size: [64, 64], squash: true, resize: 'bicubic' }],
  ])('of %s is read', (_, json, expected) => {
    expect(read(json)?.stated).toMatchObject(expected);
  });

  it('that says nothing of preprocessing is passed over', () => {
    expect(read({ model_type: 'resnet', architectures: ['ResNetModel'] })).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ ...vit, resample: 1 }, 'resample 1: allowed are 2 (bilinear), 3 (bicubic)'],
    [{ ...vit, image_std: [0] }, 'image_std'],
    [{ ...timm.pretrained_cfg, interpolation: 'lanczos' }, 'interpolation lanczos'],
    [{ ...timm.pretrained_cfg, crop_mode: 'border' }, 'crop_mode border'],
    [{ size: 96, range: [0, 1] }, 'resize'],
    [{ size: 96, resize: 'bicubic', range: [0, 1], mean: 0, std: 1, crops: 1 }, 'crops'],
  ])('%j is refused in one line', (json, message) => {
    expect(() => read(json)).toThrow(UserError);
    expect(() => read(json)).toThrow(message);
    expect(() => read(json)).toThrow(
      /^preprocessing not understood: a\.json\. [^\n]+\. say it by --preprocess instead$/,
    );
  });
});

describe('who says how an encoder wants its images', () => {
  const beside = (name: string, json: object) => writeFileSync(join(dirname(path), name), JSON.stringify(json));

  it('is the option, the file itself, or JSON beside it', () => {
    beside('preprocessor_config.json', vit);
    beside('config.json', { model_type: 'vit' });
    expect(findStatement(path, graph(), undefined)).toMatchObject({ by: 'preprocessor_config.json' });
    const preprocessing = JSON.stringify({ preprocess: 'squash(32)' });
    expect(findStatement(path, graph({ preprocessing }), undefined).stated.size).toEqual([32, 32]);
    expect(findStatement(path, graph({ preprocessing }), 'squash(48)')).toMatchObject({ by: '--preprocess' });
  });

  it('is named where nobody does, with the ways to say it', () => {
    expect(() => findStatement(path, graph(), undefined)).toThrow(
      /^missing preprocessing: \S+ does not say [^\n]+--preprocess '[^\n]+net\.preprocessing\.json[^\n]+config\.json [^\n]+preprocessor_config\.json there$/,
    );
  });

  it('is asked again where two files disagree', () => {
    beside('config.json', timm);
    beside('preprocessor_config.json', vit);
    expect(() => findStatement(path, graph(), undefined)).toThrow(
      /^two statements: preprocessor_config\.json and config\.json /,
    );
  });
});

describe('what an encoder is fed and what is taken of it', () => {
  const stated = findStatement('x.onnx', graph(), 'centercrop(to=224)|normalize(imagenet)').stated;
  const find = (changed: Partial<GraphFile>, output?: string, how = stated) =>
    findInterface(graph(changed), 'x.onnx', how, output);
  const input = (shape: GraphTensor['shape']) => ({ inputs: [{ ...images, shape }] });
  const outputs = (...shapes: GraphTensor['shape'][]) => ({
    outputs: shapes.map((shape, i) => ({ ...features, name: `y${i}`, key: `y${i}`, shape })),
  });

  it('shows in the shapes', () => {
    expect(find({})).toMatchObject({
      inputShape: [224, 224, 3],
      preprocessing: { layout: 'NCHW', mean: [0.485, 0.456, 0.406] },
      input: { name: 'x', batch: null },
      output: { name: 'y', pool: [] },
      featureDim: 64,
    });
    expect(find(input([8, 224, 224, 3]))).toMatchObject({ preprocessing: { layout: 'NHWC' }, input: { batch: 8 } });
    expect(find(input([null, 3, null, null])).inputShape).toEqual([224, 224, 3]);
    expect(find(outputs([null, 512, 7, 7]))).toMatchObject({ output: { pool: [2, 3] }, featureDim: 512 });
    expect(find(outputs([null, 7, 7, 512]))).toMatchObject({ output: { pool: [1, 2] }, featureDim: 512 });
    expect(find(outputs([null, 64], [null, 10]), 'y1')).toMatchObject({ output: { name: 'y1' }, featureDim: 10 });
  });

  it.each<[Partial<GraphFile>, string]>([
    [outputs([null, 64], [null, 10]), 'several outputs: y0 [n, 64], y1 [n, 10] of x.onnx. choose one with --output'],
    [outputs([null, 197, 768]), 'has 3: export them pooled'],
    [input([null, 3, 3, 3]), 'layout unknown: the input of x.onnx is x [n, 3, 3, 3]. say it'],
    [input([null, null, null, null]), 'layout unknown'],
    [input([null, 3, 96, 96]), 'sizes differ: 224×224 is stated, and the input of x.onnx is x [n, 3, 96, 96]'],
    [input([null, 3, 224]), 'expected images of four axes'],
    [{ inputs: [images, images] }, 'expected one input, of images'],
    [{ inputs: [{ ...images, float32: false }] }, 'expected an input of 32-bit floats'],
  ])('is refused in one line where it is ambiguous or no encoder: %j', (changed, message) => {
    expect(() => find(changed)).toThrow(UserError);
    expect(() => find(changed)).toThrow(message);
    expect(() => find(changed)).toThrow(/^[^\n]+$/);
  });

  it('is refused where what was stated does not fit', () => {
    const two = { ...stated, mean: [0, 1] };
    expect(() => find({}, undefined, two)).toThrow('mean of 2 channels: x.onnx takes 3');
    expect(() => find({}, 'z')).toThrow('unknown output: z of x.onnx. allowed: y [n, 64]');
    const { size: _, ...open } = stated;
    expect(() => find(input([null, 3, null, null]), undefined, open)).toThrow('size unknown');
  });
});
