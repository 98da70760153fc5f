import { writeFileSync } from 'node:fs';
import { addressed } from '@simclr/stage';
import { ELEMENT, type OnnxNode, type OnnxValue, onnxModel } from '@simclr/tensorflow/onnx-model';

export interface SmallOnnx {
  layout?: 'NCHW' | 'NHWC';
  batch?: number | 'n';
  /** Height and width, null where open. */
  side?: number | null;
  /** Attributes of its batch norm. */
  norm?: OnnxNode['attrs'];
  /** Whether dropout is active. */
  dropout?: boolean;
  /** The map itself is an output: alone, or beside the features. */
  map?: 'alone' | 'beside';
  metadata?: Record<string, string>;
  seed?: number;
}

/** Writes a network of 3×3 kernels, batch norm, ReLU and a mean: images [n, 3, 8, 8] to 4 features. @returns the file */
export function writeSmallOnnx(path: string, options: SmallOnnx = {}): string {
  const { layout = 'NCHW', batch = 'n', side = 8, norm = {}, dropout, map, metadata, seed = 1 } = options;
  const random = addressed(seed);
  const drawn = (name: string, shape: number[], low = -0.5, high = 0.5) => ({
    name,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => low + (high - low) * random.next()),
  });
  const node = (op: string, inputs: string[], outputs: string[], attrs: OnnxNode['attrs'] = {}): OnnxNode => {
    return { op, inputs, outputs, attrs };
  };
  const nodes = [
    ...(layout === 'NHWC' ? [node('Transpose', ['images'], ['planar'], { perm: [0, 3, 1, 2] })] : []),
    node('Conv', [layout === 'NHWC' ? 'planar' : 'images', 'kernel', 'bias'], ['conv'], { pads: [1, 1, 1, 1] }),
    node(
      'BatchNormalization',
      ['conv', 'scale', 'shift', 'mean', 'variance'],
      norm.training_mode ? ['bn', 'm', 'v'] : ['bn'],
      norm,
    ),
    ...(dropout === undefined ? [] : [node('Dropout', ['bn', '', 'training'], ['dropped'])]),
    node('Relu', [dropout === undefined ? 'bn' : 'dropped'], ['map']),
    ...(map === 'alone' ? [] : [node('ReduceMean', ['map'], ['features'], { axes: [2, 3], keepdims: 0 })]),
  ];
  const float = (name: string, shape: OnnxValue['shape']): OnnxValue => ({ name, element: ELEMENT.float32, shape });
  const sides = [side, side];
  const model = onnxModel({
    nodes,
    initializers: [
      drawn('kernel', [4, 3, 3, 3]),
      drawn('bias', [4]),
      drawn('scale', [4], 0.5, 1.5),
      drawn('shift', [4]),
      drawn('mean', [4]),
      drawn('variance', [4], 0.5, 1.5),
      ...(dropout === undefined ? [] : [{ name: 'training', shape: [], data: Uint8Array.of(dropout ? 1 : 0) }]),
    ],
    inputs: [float('images', layout === 'NCHW' ? [batch, 3, ...sides] : [batch, ...sides, 3])],
    outputs: [
      ...(map === 'alone' ? [] : [float('features', [batch, 4])]),
      ...(map ? [float('map', [batch, 4, ...sides])] : []),
    ],
    metadata: metadata ?? {},
  });
  writeFileSync(path, model);
  return path;
}
