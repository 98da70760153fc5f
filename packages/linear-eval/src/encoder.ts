import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitions, initResNet, loadSafetensors, type ResNetConfig } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import { type Compiled, compile, type Precision, type Tree } from '@simclr/tensorflow';
import { evaluationPolicy, type Preprocessing, readPreprocessing } from '@simclr/views';

/** What a pretrained encoder's folder says of it. */
export interface EncoderInfo {
  architecture: ResNetConfig;
  inputShape: [number, number, number];
  /** How images of any size are brought to it; encoders of before have none, or a view policy. */
  preprocessing?: Preprocessing | string;
  featureDim: number;
  dataset: string;
  seed: number;
  precision: Precision;
}

/** A frozen encoder: pretrained weights, and the graph that all weights of its architecture run in. */
export interface Encoder {
  info: EncoderInfo;
  weights: Tree;
  graph: Compiled;
}

/** Opens `encoder.json` and `encoder.safetensors` of the stage `pretrain`. */
export async function openEncoder(folder: string): Promise<Encoder> {
  const path = join(folder, 'encoder.json');
  if (!existsSync(path))
    throw new UserError(`missing encoder: ${path}. run npm run pipeline -- run <pipeline> --force pretrain`);
  const info = JSON.parse(readFileSync(path, 'utf8')) as EncoderInfo;
  const args = { network: info.architecture, inputShape: info.inputShape };
  const graph = await compile({ module: definitions, export: 'encode', args }, { precision: info.precision });
  const weights = loadSafetensors(join(folder, 'encoder.safetensors')).tensors;
  return { info, weights, graph };
}

/** How the encoder wants its images. */
export const preprocessingOf = (info: EncoderInfo): Preprocessing =>
  readPreprocessing(info.preprocessing, info.inputShape);

/**
 * View policy by which the encoder sees images of any size, the same in every stage: of the dataset it was pretrained on
 * what `encoder.json` says (the reference shows the middle 0.875 of the shorter side), of any other the whole of it (section
 * B.8: the shorter side becomes 224 px, and the centre 224 × 224 is shown).
 */
export function imagePolicy(info: EncoderInfo, dataset: string): string {
  const how = preprocessingOf(info);
  return evaluationPolicy(how, dataset === info.dataset ? how.crop : 1);
}

/**
 * The baseline network: the same architecture with kernels drawn anew and nothing trained. All batch-norm scales are 1
 * and the statistics initial: on held-out Fashion-MNIST the strongest of four (83 %, two seeds; with statistics estimated
 * on 2,000 training images 70 %; with the last scale of each block at 0, as training starts, 60 % and 62 %).
 */
export function randomWeights({ info }: Encoder, seed: number): Tree {
  const { params, stats } = initResNet(info.architecture, seed);
  for (const [name, { data }] of Object.entries(params)) if (name.endsWith('/gamma')) data.fill(1);
  return { ...params, ...stats };
}

/** Hash of an encoder's weights and batch-norm statistics, to show that an evaluation left them as they were. */
export function hashWeights(weights: Tree): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(weights).sort()) {
    const { data } = weights[name]!;
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}
