import { initialiser } from './initialisers.ts';
import { type Block, hasDeepStem, isBottleneck, planBlocks, type ResNetConfig } from './resnet-config.ts';
import { VariableBuilder, type Variables } from './variables.ts';

/** Stream of the encoder's initial draws. */
const ENCODER_STREAM = 1;

/**
 * Initial variables in the reference's creation order. Without a seed all kernels are zero: for names and shapes alone.
 * Throws UserError for a depth that ResNets do not come in.
 */
export function initResNet(config: ResNetConfig, seed: number | undefined): Variables {
  const { width, channels, stem } = config;
  const variables = new VariableBuilder(initialiser(seed, ENCODER_STREAM));
  if (hasDeepStem(config)) {
    const half = Math.floor(width / 2);
    variables.convNorm('stem', 1, [3, 3, channels, half]);
    variables.convNorm('stem', 2, [3, 3, half, half]);
    variables.convNorm('stem', 3, [3, 3, half, width]);
  } else {
    const size = stem === 'cifar' ? 3 : 7;
    variables.convNorm('stem', 1, [size, size, channels, width]);
  }
  for (const block of planBlocks(config)) initBlock(config, block, variables);
  return { params: variables.params, stats: variables.stats };
}

/**
 * Variables of one block, the shortcut's first, as the reference creates them. The last gamma starts at 0, so that a
 * block starts as its shortcut.
 */
function initBlock(config: ResNetConfig, { name, from, filters, out, projection }: Block, v: VariableBuilder) {
  const { skRatio = 0, seRatio = 0 } = config;
  if (projection) v.convNorm(`${name}/shortcut`, 1, [1, 1, from, out]);
  if (isBottleneck(config)) {
    v.convNorm(name, 1, [1, 1, from, filters]);
    if (skRatio > 0) initSelectiveKernel(v, `${name}/sk`, filters, filters, skRatio);
    else v.convNorm(name, 2, [3, 3, filters, filters]);
    v.convNorm(name, 3, [1, 1, filters, out], 0);
  } else {
    v.convNorm(name, 1, [3, 3, from, filters]);
    v.convNorm(name, 2, [3, 3, filters, filters], 0);
  }
  if (seRatio > 0) initSqueezeExcitation(v, `${name}/se`, out, Math.max(1, Math.floor(filters * seRatio)));
}

const MIN_DIM = 32;

/** Variables of a selective-kernel convolution. @param from, filters channels in and out */
function initSelectiveKernel(
  variables: VariableBuilder,
  name: string,
  from: number,
  filters: number,
  ratio: number,
): void {
  const middle = Math.max(Math.floor(filters * ratio), MIN_DIM);
  variables.convNorm(name, 1, [3, 3, from, 2 * filters]);
  variables.convNorm(name, 2, [1, 1, filters, middle]);
  variables.conv(`${name}/conv3`, [1, 1, middle, 2 * filters]);
}

/** Variables of a squeeze-and-excitation layer on `channels` channels, `reduced` within. */
function initSqueezeExcitation(variables: VariableBuilder, name: string, channels: number, reduced: number): void {
  variables.conv(`${name}/conv1`, [1, 1, channels, reduced], true);
  variables.conv(`${name}/conv2`, [1, 1, reduced, channels], true);
}
