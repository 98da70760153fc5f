import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_WEIGHTS, type EncoderInfo, readEncoderInfo } from '@simclr/artifacts';
import { hashWeights, untrainedWeights } from '@simclr/encoders';
import {
  type ClassifyArgs,
  headOfWeights,
  initFineTuneState,
  initSupervisedState,
  loadSafetensors,
  type PretrainedWeights,
  type SupervisedStepArgs,
} from '@simclr/nn';
import { UserError } from '@simclr/stage';
import type { Tree } from '@simclr/tensorflow';
import type { FinetuneConfig, StartWeights } from './config.ts';

/** An encoder whose weights can be trained on. */
export interface Network {
  info: EncoderInfo;
  weights: PretrainedWeights;
  /** Of the encoder's weights. */
  digest: string;
  /** What the classifier and its training have in common. */
  args: Omit<ClassifyArgs, 'classes'>;
}

/** @throws UserError where a file is missing or damaged, or there is no layer `headLayer` */
export function readNetwork(folder: string, { headLayer }: Pick<FinetuneConfig, 'headLayer'>): Network {
  const info = readEncoderInfo(folder);
  const encoder = loadSafetensors(join(folder, ENCODER_WEIGHTS.encoder)).tensors;
  const file = join(folder, ENCODER_WEIGHTS.projection);
  const base = { info, digest: hashWeights(encoder) };
  const args = { network: info.architecture, inputShape: info.inputShape };
  if (headLayer === 0) return { ...base, weights: { encoder }, args };
  if (!existsSync(file))
    throw new UserError(`no projection head: finetune.headLayer is ${headLayer}, and ${file} is missing. expected 0`);
  const projection = loadSafetensors(file).tensors;
  return { ...base, weights: { encoder, projection }, args: { ...args, head: headOfWeights(projection), headLayer } };
}

/** A training's state at step 0. With all of the network frozen, what nothing was trained of is the untrained baseline. */
export function initialState(
  { weights }: Pick<Network, 'weights'>,
  args: SupervisedStepArgs,
  start: StartWeights,
  seed: number,
): Tree {
  if (start === 'pretrained') return initFineTuneState(args, weights);
  if (args.fineTuneAfterBlock !== 4) return initSupervisedState(args, seed);
  return initFineTuneState(args, { ...weights, encoder: untrainedWeights(args.network, seed) });
}
