import { UserError } from '@simclr/stage';
import { float32, sizeOf, type TensorData, type Tree } from '@simclr/tensorflow/tensors';
import type { HeadConfig } from '../head-config.ts';
import { EPSILON, type ResNetConfig } from '../resnet-config.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Assumption } from './geometry.ts';
import { type ImportOptions, isTurned, matchCheckpoint } from './match-checkpoint.ts';

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
 * file of `torch.save` or safetensors with a ResNet of torchvision's.
 *
 * @param path as `matchCheckpoint` takes it
 * @throws UserError as `matchCheckpoint` does, and where a tensor is damaged
 */
export function importCheckpoint(path: string, options: ImportOptions = {}): ImportedCheckpoint {
  const { checkpoint, architecture, head, classes, variables, layout, ...match } = matchCheckpoint(path, options);
  const { shapes, format, passedOver = [] } = checkpoint;
  const { prefix, others, assumed } = match;
  const [matched, reshaped, missing]: [ImportReport['matched'], string[], string[]] = [[], [], []];
  const tensors: Tree = {};
  for (const { name, shape, source } of variables) {
    if (source === undefined) {
      tensors[name] = ofIdentity(name, shape);
      missing.push(name);
      continue;
    }
    const tensor = checkpoint.read(source);
    if (tensor.dtype !== 'float32') throw new UserError(`invalid type: ${source} in ${path} holds integers`);
    const turned = isTurned(layout, shape);
    tensors[name] = turned ? toHwio(tensor) : tensor;
    matched.push({ name, source });
    if (turned) reshaped.push(source);
  }
  const used = new Set(matched.map(({ source }) => source));
  const unused = [...shapes.keys()].filter((name) => !used.has(name));
  const report = { format, matched, reshaped, unused, missing, prefix, others, assumed, passedOver };
  return { architecture, head, classes, tensors, report };
}

/**
 * A variable of a shortcut that is the identity: its kernel, and a batch norm that in evaluation changes nothing. Trained
 * on, it takes the batch's statistics.
 */
function ofIdentity(name: string, shape: readonly number[]): TensorData {
  const field = name.slice(name.lastIndexOf('/') + 1);
  if (field === 'gamma') return float32([...shape], Math.sqrt(1 + EPSILON));
  const tensor = float32([...shape], field === 'moving_variance' ? 1 : 0);
  const channels = shape.at(-1)!;
  if (field === 'kernel') for (let c = 0; c < channels; c++) tensor.data[c * channels + c] = 1;
  return tensor;
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
