import { existsSync, rmSync } from 'node:fs';
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
  type ImportOptions,
  importCheckpoint,
  saveSafetensors,
  stemStrideOf,
} from '@simclr/nn';
import { publishFolder, UserError } from '@simclr/stage';
import type { Tree } from '@simclr/tensorflow';

export interface EncoderOptions extends ImportOptions {
  /** Height and width of the images. Default: 224 with the ImageNet stem, 32 with the CIFAR stem. */
  size?: number | undefined;
  /** What it was pretrained on; linear evaluation takes that dataset by default. Default: `imported`. */
  dataset?: string | undefined;
}

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
function geometryOf(
  architecture: ImportedCheckpoint['architecture'],
): NonNullable<EncoderFile['imported']>['geometry'] {
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

/**
 * Writes a checkpoint of another program as the folder of a pretrained encoder: `encoder.json`, `encoder.safetensors`,
 * and the heads that it has. The folder appears whole or not at all.
 *
 * @throws UserError where the checkpoint cannot be imported, or the folder exists or cannot be written
 */
export function importEncoder(
  checkpoint: string,
  folder: string,
  { size, dataset = 'imported', ...options }: EncoderOptions = {},
): { imported: ImportedCheckpoint; info: EncoderFile; files: string[] } {
  if (existsSync(folder)) throw new UserError(`folder exists: ${folder}. remove it, or name another`);
  const imported = importCheckpoint(checkpoint, options);
  const { architecture, tensors, report } = imported;
  const side = size ?? (architecture.stem === 'cifar' ? 32 : 224);
  const inputShape: EncoderFile['inputShape'] = [side, side, architecture.channels];
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
  const trees: Record<string, Tree> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const file = fileOf(name);
    trees[file] ??= {};
    trees[file][name] = tensor;
  }
  const unfinished = `${folder}.new.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    for (const [file, tree] of Object.entries(trees)) {
      saveSafetensors(join(unfinished, file), tree, { format: 'simclr', dataset });
    }
    writeEncoderInfo(unfinished, info);
    publishFolder(unfinished, folder);
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall) throw new UserError(`cannot write: ${folder}. ${message}`);
    throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return { imported, info, files: [ENCODER_JSON, ...Object.keys(trees)] };
}
