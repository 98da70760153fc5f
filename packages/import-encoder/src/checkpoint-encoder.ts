import { basename, join } from 'node:path';
import {
  ENCODER_JSON,
  ENCODER_WEIGHTS,
  type EncoderFile,
  preprocessing,
  REFERENCE_CROP,
  type ResizeName,
  writeEncoderInfo,
} from '@simclr/artifacts';
import {
  featureDim,
  hasStemPool,
  type ImportedCheckpoint,
  importCheckpoint,
  type ResNetConfig,
  saveSafetensors,
  stemStrideOf,
} from '@simclr/nn/checkpoints';
import { UserError } from '@simclr/stage';
import type { Tree } from '@simclr/tensorflow/tensors';
import type { EncoderOptions } from './options.ts';

/**
 * How images are resized where a checkpoint cannot say: as the reference's tf2 code does, without antialiasing; or, for
 * networks from PyTorch, as Pillow and torchvision do, with it.
 */
const RESIZES: Record<ImportedCheckpoint['report']['format'], ResizeName> = {
  TensorFlow: 'bicubic',
  PyTorch: 'antialias',
  safetensors: 'antialias',
};

/** Which of the folder's files a variable belongs to. */
const fileOf = (name: string): string => {
  if (name.startsWith('head/')) return ENCODER_WEIGHTS.projection;
  return name.startsWith('head_supervised/') ? ENCODER_WEIGHTS.supervised : ENCODER_WEIGHTS.encoder;
};

/** The architecture's geometry, its defaults too. */
function geometryOf(architecture: ResNetConfig): NonNullable<EncoderFile['imported']>['geometry'] {
  const { stem, stemPadding = stem === 'cifar' ? 1 : 3, poolPadding = 'same' } = architecture;
  const { bottleneckStride = '3x3', depth } = architecture;
  return {
    stemStride: stemStrideOf(architecture),
    stemPadding,
    stemPool: hasStemPool(architecture),
    ...(hasStemPool(architecture) && { poolPadding }),
    ...(depth >= 50 && { bottleneckStride }),
  };
}

/** Height, width, channels of the images that an imported network takes. @param size height and width, where they are said */
export function inputShapeOf({ stem, channels }: ResNetConfig, size?: number): EncoderFile['inputShape'] {
  const side = size ?? (stem === 'cifar' ? 32 : 224);
  return [side, side, channels];
}

/** A checkpoint as an encoder, before it is written. */
export interface ImportedEncoder {
  imported: ImportedCheckpoint;
  info: EncoderFile;
}

/**
 * Reads a checkpoint of another program.
 * @throws UserError where it cannot be imported, as `importCheckpoint` says
 */
export function readEncoder(
  checkpoint: string,
  { size, dataset = 'imported', ...options }: EncoderOptions = {},
): ImportedEncoder {
  const imported = readable(checkpoint, () => importCheckpoint(checkpoint, options));
  const { architecture, report } = imported;
  const inputShape = inputShapeOf(architecture, size);
  const info: EncoderFile = {
    architecture,
    inputShape,
    preprocessing: preprocessing(inputShape, REFERENCE_CROP, RESIZES[report.format]),
    featureDim: featureDim(architecture),
    policy: 'imported',
    dataset,
    steps: 0,
    seed: 0,
    precision: 'fp32',
    imported: {
      from: basename(checkpoint),
      format: report.format,
      prefix: report.prefix,
      missing: report.missing,
      geometry: geometryOf(architecture),
      assumed: report.assumed.map(({ key }) => key),
    },
  };
  return { imported, info };
}

/** Reads something at `path`: where the system refuses, that is the user's to mend. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall) throw new UserError(`cannot read: ${path}. ${message}`);
    throw error;
  }
}

/** Writes an encoder's files into a folder: the weights, those of the heads that it has, `encoder.json` last. @returns their names */
export function writeEncoder(folder: string, { imported, info }: ImportedEncoder): string[] {
  const trees: Record<string, Tree> = {};
  for (const [name, tensor] of Object.entries(imported.tensors)) {
    const file = fileOf(name);
    trees[file] ??= {};
    trees[file][name] = tensor;
  }
  for (const [file, tree] of Object.entries(trees))
    saveSafetensors(join(folder, file), tree, { format: 'simclr', dataset: info.dataset });
  writeEncoderInfo(folder, info);
  return [ENCODER_JSON, ...Object.keys(trees)];
}
