import { UserError } from '@simclr/stage';

/** Projection head g (paper section 4.2; tf2/model.py ProjectionHead). */
export interface HeadConfig {
  /** `nonlinear`: dense + BN + ReLU layers, then dense + BN; `linear`: that last layer alone; `none`: the identity. */
  kind: 'nonlinear' | 'linear' | 'none';
  /** Dense layers of a nonlinear head: 2 in the paper, 3 in SimCLR v2. */
  layers: number;
  /** Dimension of z. */
  outDim: number;
}

/** Dense layers of a head. */
export const layerCount = ({ kind, layers }: HeadConfig): number => ({ nonlinear: layers, linear: 1, none: 0 })[kind];

/** The number of a layer, 0 to `layerCount`, where −1 stands for the last. Throws UserError for one that is not there. */
export function headLayerNumber(config: HeadConfig, layer: number): number {
  const last = layerCount(config);
  const number = layer === -1 ? last : layer;
  if (Number.isInteger(number) && number >= 0 && number <= last) return number;
  throw new UserError(
    `invalid headLayer: ${layer}. allowed: 0 (the features) to ${last}, the layers of the head, or -1 for its last`,
  );
}

/**
 * Dimension of what comes out of a layer, 0 to `layerCount`.
 * @param inputDim of h
 */
export const hiddenDim = (config: HeadConfig, inputDim: number, layer: number): number =>
  layer > 0 && layer === layerCount(config) ? config.outDim : inputDim;

/** The head that weights are of, by their shapes. @param weights of a projection.safetensors */
export function headOfWeights(weights: Readonly<Record<string, { shape: readonly number[] }>>): HeadConfig {
  const layers = Object.keys(weights).filter((name) => /^head\/layer\d+\/kernel$/.test(name)).length;
  const outDim = weights[`head/layer${layers}/kernel`]!.shape[1]!;
  return { kind: layers === 1 ? 'linear' : 'nonlinear', layers, outDim };
}

/** Name of the supervised head's layer. */
export const SUPERVISED_HEAD = 'head_supervised/linear_layer';
