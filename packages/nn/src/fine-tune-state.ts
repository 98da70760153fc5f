import { UserError } from '@simclr/stage';
import type { TensorData, Tree } from '@simclr/tensorflow';
import { initClassifier } from './classifier.ts';
import { layerCount } from './head-config.ts';
import { initHead } from './init-heads.ts';
import { featureDim } from './resnet-config.ts';
import { type SupervisedStepArgs, supervisedState } from './supervised-step.ts';

/** Weights of a pretrained model: what `modelWeights` gives, and the files of the stage `pretrain` hold. */
export interface PretrainedWeights {
  encoder: Tree;
  /** For a `headLayer` other than 0. */
  projection?: Tree | undefined;
}

/**
 * The supervised step's state at step 0 of fine-tuning: pretrained weights, and a supervised head of zeros, as the
 * reference's commands have it (zero_init_logits_layer). Layers of the projection head after `headLayer` are left out.
 *
 * @throws UserError where the weights are not those of `args.network` and `args.head`
 */
export function initFineTuneState(args: SupervisedStepArgs, { encoder, projection = {} }: PretrainedWeights): Tree {
  const { params, stats } = initClassifier(args, undefined);
  const head = args.head && initHead(args.head, featureDim(args.network), undefined);
  const known = { ...params, ...stats, ...head?.params, ...head?.stats };
  const given = { ...(head ? projection : {}), ...encoder };
  const strange = Object.keys(given).find((name) => !(name in known));
  if (strange) throw new UserError(`another network: ${strange} has no place in ${describe(args)}`);
  const take = (variables: Tree): Tree =>
    Object.fromEntries(
      Object.entries(variables).map(([name, zeros]) => {
        if (name.startsWith('head_supervised/')) return [name, zeros];
        return [name, ofShape(name, given[name], zeros.shape, args)];
      }),
    );
  return supervisedState({ params: take(params), stats: take(stats) }, args);
}

function ofShape(name: string, tensor: TensorData | undefined, shape: number[], args: SupervisedStepArgs): TensorData {
  if (!tensor) throw new UserError(`missing tensor: ${name}. expected the weights of ${describe(args)}`);
  if (String(tensor.shape) === String(shape)) return tensor;
  throw new UserError(`shapes differ: ${name} is [${tensor.shape}], expected [${shape}] in ${describe(args)}`);
}

const describe = ({ network: { depth, width }, head }: SupervisedStepArgs): string =>
  `ResNet-${depth}, width ${width}${head ? `, with a head of ${layerCount(head)} layers` : ''}`;
