import { existsSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  featureDim,
  hasStemPool,
  type ImportedCheckpoint,
  type ImportOptions,
  importCheckpoint,
  saveSafetensors,
  stemStrideOf,
} from '@simclr/nn';
import { publishFolder, UserError, writeJson } from '@simclr/stage';
import type { Precision, Tree } from '@simclr/tensorflow';
import { type Preprocessing, preprocessing, REFERENCE_CROP, type ResizeName } from '@simclr/views/preprocessing';

export interface EncoderOptions extends ImportOptions {
  /** Height and width of the images. Default: 224 with the ImageNet stem, 32 with the CIFAR stem. */
  size?: number | undefined;
  /** What it was pretrained on; linear evaluation takes that dataset by default. Default: `imported`. */
  dataset?: string | undefined;
}

/** The encoder's folder, as the stage pretrain writes it: what `encoder.json` says. */
export interface EncoderJson {
  architecture: ImportedCheckpoint['architecture'];
  inputShape: [number, number, number];
  /** How images of any size are brought to it. */
  preprocessing: Preprocessing;
  featureDim: number;
  policy: string;
  dataset: string;
  steps: number;
  seed: number;
  /** fp32, so that features are the other program's. */
  precision: Precision;
  /**
   * Where it is from; what its tensors' names start with there; variables that the checkpoint lacks; what its program does
   * that names and shapes do not show, and which of these were taken as most networks have them.
   */
  imported: {
    from: string;
    format: string;
    prefix: string;
    missing: string[];
    geometry: { stemStride: number; stemPool: boolean } & Pick<
      ImportedCheckpoint['architecture'],
      'stemPadding' | 'poolPadding' | 'bottleneckStride'
    >;
    assumed: string[];
  };
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

const FILES = {
  encoder: 'encoder.safetensors',
  projection: 'projection.safetensors',
  supervised: 'supervised.safetensors',
};

/** Which of the folder's files a variable belongs to. */
const fileOf = (name: string): string => {
  if (name.startsWith('head/')) return FILES.projection;
  return name.startsWith('head_supervised/') ? FILES.supervised : FILES.encoder;
};

/** The architecture's geometry, its defaults too. */
function geometryOf(architecture: ImportedCheckpoint['architecture']): EncoderJson['imported']['geometry'] {
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
): { imported: ImportedCheckpoint; info: EncoderJson; files: string[] } {
  if (existsSync(folder)) throw new UserError(`folder exists: ${folder}. remove it, or name another`);
  const imported = importCheckpoint(checkpoint, options);
  const { architecture, tensors, report } = imported;
  const side = size ?? (architecture.stem === 'cifar' ? 32 : 224);
  const inputShape: EncoderJson['inputShape'] = [side, side, architecture.channels];
  const info: EncoderJson = {
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
    writeJson(join(unfinished, 'encoder.json'), info);
    publishFolder(unfinished, folder);
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall) throw new UserError(`cannot write: ${folder}. ${message}`);
    throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return { imported, info, files: ['encoder.json', ...Object.keys(trees)] };
}
