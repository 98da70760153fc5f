import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ENCODER_WEIGHTS, type EncoderInfo, readEncoderInfo } from '@simclr/artifacts';
import { definitions, initResNet, loadSafetensors } from '@simclr/nn';
import { type Compiled, compile, type Tree } from '@simclr/tensorflow';
import { evaluationPolicy } from '@simclr/views';

/** A frozen encoder: pretrained weights, and the graph that all weights of its architecture run in. */
export interface Encoder {
  info: EncoderInfo;
  weights: Tree;
  graph: Compiled;
}

/** Opens `encoder.json` and `encoder.safetensors` of the stage `pretrain`. */
export async function openEncoder(folder: string): Promise<Encoder> {
  const info = readEncoderInfo(folder);
  const args = { network: info.architecture, inputShape: info.inputShape };
  const graph = await compile({ module: definitions, export: 'encode', args }, { precision: info.precision });
  const weights = loadSafetensors(join(folder, ENCODER_WEIGHTS.encoder)).tensors;
  return { info, weights, graph };
}

/**
 * View policy by which the encoder sees images of any size, the same in every stage: of the dataset it was pretrained on
 * what `encoder.json` says (the reference shows the middle 0.875 of the shorter side), of any other the whole of it (section
 * B.8: the shorter side becomes 224 px, and the centre 224 × 224 is shown).
 */
export function imagePolicy(info: Pick<EncoderInfo, 'preprocessing' | 'dataset'>, dataset: string): string {
  const how = info.preprocessing;
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
