import { UserError } from '@simclr/stage';
import { float32, sizeOf, type TensorData, type Tree } from '@simclr/tensorflow';
import { type HeadConfig, initHead, initSupervisedHead } from '../heads.ts';
import { EPSILON } from '../layers.ts';
import { initResNet } from '../resnet.ts';
import { featureDim, planBlocks, type ResNetConfig } from '../resnet-config.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Assumption, type Geometry, withGeometry } from './geometry.ts';
import type { Mapping } from './mapping.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { unknownNetwork } from './other-networks.ts';
import { mapReference } from './reference-names.ts';
import { mapTorchvision } from './torchvision-names.ts';

export interface ImportOptions extends Geometry {
  /** Which network, where a checkpoint has several: `ema_model/base_model`, `module.encoder_q`, `encoder_q`. */
  prefix?: string | undefined;
}

/** What became of a checkpoint's tensors and of the network's. Names are the checkpoint's but for `missing`. */
export interface ImportReport {
  format: Checkpoint['format'];
  matched: { name: string; source: string }[];
  /** Of those matched, the ones whose axes were put in another order: OIHW to HWIO. */
  reshaped: string[];
  /** Tensors of the checkpoint that no variable of the network wants. */
  unused: string[];
  /** Variables that the checkpoint lacks, which were made: the identity in the place of a shortcut without projection. */
  missing: string[];
  /** What the names of the network's tensors start with, and what those of the networks that were left do. */
  prefix: string;
  others: readonly string[];
  /** What names and shapes do not show and nobody said. */
  assumed: Assumption[];
  /** Classes and functions of Python's that the file names beside its tensors. */
  passedOver: readonly string[];
}

export interface ImportedCheckpoint {
  architecture: ResNetConfig;
  head?: HeadConfig | undefined;
  classes?: number | undefined;
  /** The encoder's variables, those of the heads where the checkpoint has them, by our names. */
  tensors: Tree;
  report: ImportReport;
}

/**
 * Reads a pretrained ResNet of another program: a TF1 checkpoint or SavedModel of the reference, SimCLR v1 or v2; a
 * file of `torch.save` or safetensors with a ResNet of torchvision's. The architecture follows from names and shapes, and
 * from the options what these do not show.
 *
 * @param path a file, a checkpoint's prefix (`model.ckpt-250228`), or a folder with one or with a SavedModel
 * @throws UserError where it is missing or damaged, or its names or shapes are not those of such a network
 */
export function importCheckpoint(path: string, options: ImportOptions = {}): ImportedCheckpoint {
  const checkpoint = openCheckpoint(path);
  const { shapes, format, passedOver = [] } = checkpoint;
  const mapping =
    mapReference(shapes, path, options.prefix) ?? mapTorchvision(shapes, path, options.prefix, checkpoint.identityOf);
  if (!mapping) throw unknownNetwork(shapes, path);
  const { head, classes, sources, layout, prefix, others } = mapping;
  const { architecture, assumed } = withGeometry(mapping.architecture, layout === 'OIHW', options);
  const report: ImportReport = {
    format,
    matched: [],
    reshaped: [],
    unused: [],
    missing: [],
    prefix,
    others,
    assumed,
    passedOver,
  };
  const variables = variablesOf(architecture, mapping);
  const made = identityShortcut(mapping, shapes);
  const lacking = Object.keys(variables).filter((name) => !made[name] && !shapes.has(sources.get(name) ?? ''));
  if (lacking.length > 0) {
    const some = lacking.slice(0, 3).map((name) => sources.get(name) ?? name);
    throw new UserError(
      `missing tensors: ${lacking.length} of ${Object.keys(variables).length} in ${path}, such as ${some.join(', ')}. expected those of ${describe(architecture)}`,
    );
  }
  const wanted = new Set(sources.values());
  const strange = mapping.own.find((name) => !wanted.has(name));
  if (strange) throw new UserError(`another network: ${strange} in ${path} has no place in ${describe(architecture)}`);
  const tensors: Tree = {};
  for (const [name, { shape }] of Object.entries(variables)) {
    const identity = made[name];
    if (identity) {
      tensors[name] = identity;
      report.missing.push(name);
      continue;
    }
    const source = sources.get(name)!;
    const reshaped = layout === 'OIHW' && shape.length === 4;
    const [h, w, input, out] = shape as [number, number, number, number];
    const expected = reshaped ? [out, input, h, w] : shape;
    if (String(shapes.get(source)) !== String(expected)) {
      throw new UserError(
        `shapes differ: ${source} is [${shapes.get(source)}] in ${path}, expected [${expected}] in ${describe(architecture)}`,
      );
    }
    const tensor = checkpoint.read(source);
    if (tensor.dtype !== 'float32') throw new UserError(`invalid type: ${source} in ${path} holds integers`);
    tensors[name] = reshaped ? toHwio(tensor) : tensor;
    report.matched.push({ name, source });
    if (reshaped) report.reshaped.push(source);
  }
  const used = new Set(report.matched.map(({ source }) => source));
  report.unused = [...shapes.keys()].filter((name) => !used.has(name));
  return { architecture, head, classes, tensors, report };
}

/** Names and shapes of all that is wanted: the encoder, and the heads that the checkpoint has. */
function variablesOf(architecture: ResNetConfig, { head, classes }: Mapping): Tree {
  const dim = featureDim(architecture);
  const parts = [initResNet(architecture, undefined)];
  if (head) parts.push(initHead(head, dim, undefined));
  if (classes) parts.push(initSupervisedHead(classes, dim, undefined));
  return Object.assign({}, ...parts.flatMap(({ params, stats }) => [params, stats]));
}

const describe = ({ depth, width, stem }: ResNetConfig): string => `ResNet-${depth}, width ${width}, ${stem} stem`;

/**
 * Where the first block has no projection (torchvision's ResNet-18 and -34; ours and the reference's always have one), an
 * identity kernel, and a batch norm that in evaluation is the identity too. Trained on, it takes the batch's statistics.
 */
function identityShortcut({ architecture, sources }: Mapping, shapes: Checkpoint['shapes']): Tree {
  const { name, from, out } = planBlocks(architecture)[0]!;
  const [conv, norm] = [`${name}/shortcut/conv1`, `${name}/shortcut/bn1`];
  if (from !== out || shapes.has(sources.get(`${conv}/kernel`) ?? '')) return {};
  const kernel = float32([1, 1, from, out]);
  for (let c = 0; c < from; c++) kernel.data[c * out + c] = 1;
  return {
    [`${conv}/kernel`]: kernel,
    [`${norm}/gamma`]: float32([out], Math.sqrt(1 + EPSILON)),
    [`${norm}/beta`]: float32([out]),
    [`${norm}/moving_mean`]: float32([out]),
    [`${norm}/moving_variance`]: float32([out], 1),
  };
}

/** A kernel [out, in, h, w] as [h, w, in, out]. */
function toHwio({ shape, data }: TensorData): TensorData {
  const [out, input, h, w] = shape as [number, number, number, number];
  const result = float32([h, w, input, out], new Float32Array(sizeOf(shape)));
  for (let o = 0, at = 0; o < out; o++) {
    for (let i = 0; i < input; i++) {
      for (let k = 0; k < h * w; k++, at++) result.data[(k * input + i) * out + o] = data[at]!;
    }
  }
  return result;
}
