import { type HeadConfig, hiddenDim, layerCount, SUPERVISED_HEAD } from './head-config.ts';
import { initialiser } from './initialisers.ts';
import { VariableBuilder, type Variables } from './variables.ts';

/** Streams of the heads' initial draws; the encoder's is 1. */
const HEAD_STREAM = 2;
const SUPERVISED_HEAD_STREAM = 3;

/**
 * Initial variables: middle layers as wide as the input, no biases; the last batch norm has no beta.
 * @param upTo the layer up to which they are wanted; all by default
 */
export function initHead(
  config: HeadConfig,
  inputDim: number,
  seed: number | undefined,
  upTo = layerCount(config),
): Variables {
  const variables = new VariableBuilder(initialiser(seed, HEAD_STREAM));
  for (let i = 1; i <= upTo; i++) {
    const out = hiddenDim(config, inputDim, i);
    variables.dense(`head/layer${i}`, [inputDim, out]);
    variables.batchNorm(`head/layer${i}/bn`, out, { offset: i < layerCount(config) });
  }
  return { params: variables.params, stats: variables.stats };
}

/**
 * Variables of the supervised head (tf2/model.py SupervisedHead): a dense layer with bias. Its name keeps it out of
 * LARS's adaptation. Without a seed all are zero: the reference's zero_init_logits_layer, for fine-tuning.
 */
export function initSupervisedHead(classes: number, inputDim: number, seed: number | undefined): Variables {
  const variables = new VariableBuilder(initialiser(seed, SUPERVISED_HEAD_STREAM));
  variables.dense(SUPERVISED_HEAD, [inputDim, classes], true);
  return { params: variables.params, stats: variables.stats };
}
