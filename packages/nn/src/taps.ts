import { UserError } from '@simclr/stage';
import { type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { type HeadConfig, layerCount } from './head-config.ts';
import { applyHead } from './heads.ts';
import { initHead } from './init-heads.ts';
import { initResNet } from './init-resnet.ts';
import { applyResNet } from './resnet.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import { FEATURES_TAP, type Tap } from './tap-names.ts';
import type { Variables } from './variables.ts';

/** Where features are taken from an encoder. Plain JSON. */
export interface TapArgs {
  network: ResNetConfig;
  /** The projection head that follows; of taps in it. */
  head?: HeadConfig | undefined;
  /** Default: the features h. */
  tap?: Tap | undefined;
}

const HIDDEN = /^proj_head_layer(\d)$/;

/** The layer of the projection head that a tap is the output of; 0 of one in the encoder. Throws UserError where there is none. */
export function tapLayer({ head, tap = FEATURES_TAP }: Pick<TapArgs, 'head' | 'tap'>): number {
  if (!tap.startsWith('proj_head_')) return 0;
  const last = head ? layerCount(head) : 0;
  if (tap === 'proj_head_output' && last > 0) return last;
  const layer = Number(HIDDEN.exec(tap)?.[1] ?? 0);
  if (layer > 0 && layer < last) return layer;
  const hidden = Array.from({ length: Math.max(0, last - 1) }, (_, i) => `proj_head_layer${i + 1}`);
  const allowed = last ? [...hidden, 'proj_head_output'].join(', ') : 'this encoder has no projection head';
  throw new UserError(`no such tap: ${tap}. allowed of the projection head: ${allowed}`);
}

/** Initial variables of an encoder, and of its projection head up to the tap. */
export function initTapped(args: TapArgs, seed: number | undefined): Variables {
  const { network, head } = args;
  const encoder = initResNet(network, seed);
  const layer = tapLayer(args);
  if (!head || layer === 0) return encoder;
  const projection = initHead(head, featureDim(network), seed, layer);
  return { params: { ...encoder.params, ...projection.params }, stats: { ...encoder.stats, ...projection.stats } };
}

/**
 * What an encoder has at a tap, in evaluation: [n, d]. Of maps it is the mean over positions, as h is of the last group.
 * @param images [n, h, w, channels] in [0, 1]
 */
export function applyTapped(args: TapArgs, variables: Tensors, images: TensorFlow.Tensor): TensorFlow.Tensor {
  const { network, head, tap = FEATURES_TAP } = args;
  const { features, taps } = applyResNet(network, variables, variables, images, { training: false });
  if (tap === FEATURES_TAP) return features;
  const layer = tapLayer(args);
  if (head && layer > 0)
    return applyHead(head, variables, variables, features, { training: false }, layer).hidden[layer]!;
  return tf.mean(taps[tap]!, [1, 2]);
}
