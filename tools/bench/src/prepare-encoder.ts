import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_WEIGHTS, type EncoderFile, preprocessing, writeEncoderInfo } from '@simclr/artifacts';
import { importEncoder } from '@simclr/import-encoder';
import { definitions, initResNet, saveSafetensors } from '@simclr/nn';
import { exportOnnx } from '@simclr/tensorflow';
import { CACHE } from './paths.ts';

/** A network drawn at random, as our users have encoders and as everyone has ONNX files. */
export interface PreparedEncoder {
  /** Ours. */
  folder: string;
  /** The ONNX file, and the folder that `npm run import` makes of it. */
  onnx: string;
  onnxFolder: string;
}

const SHAPE: [number, number, number] = [224, 224, 3];

/** ResNet-50 at 224 px: the shorter side becomes 256 px as Pillow resizes, and the centre is shown. */
export async function resnet50(): Promise<PreparedEncoder> {
  const out = join(CACHE, 'resnet50');
  const paths = (under: string) => ({
    folder: join(under, 'ours'),
    onnx: join(under, 'encoder.onnx'),
    onnxFolder: join(under, 'onnx'),
  });
  if (existsSync(out)) return paths(out);
  const temporary = `${out}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  const { folder, onnx, onnxFolder } = paths(temporary);
  mkdirSync(folder, { recursive: true });
  const info: EncoderFile = {
    architecture: { depth: 50, width: 64, stem: 'imagenet', channels: 3 },
    inputShape: SHAPE,
    preprocessing: preprocessing(SHAPE, 224 / 256, 'bilinear_antialias'),
    featureDim: 2048,
    policy: 'none',
    dataset: 'none',
    steps: 0,
    seed: 1,
    precision: 'fp32',
  };
  const { params, stats } = initResNet(info.architecture, 1);
  // The last of a block are at 0, where training starts: half of the network would be of zeros.
  for (const [name, { data }] of Object.entries(params)) if (name.endsWith('/gamma')) data.fill(1);
  const weights = { ...params, ...stats };
  saveSafetensors(join(folder, ENCODER_WEIGHTS.encoder), weights);
  writeEncoderInfo(folder, info);
  const args = { network: info.architecture, inputShape: SHAPE };
  const metadata = { preprocessing: JSON.stringify(info.preprocessing) };
  await exportOnnx({ module: definitions, export: 'encode', args }, weights, onnx, metadata);
  await importEncoder(onnx, onnxFolder);
  renameSync(temporary, out);
  return paths(out);
}
