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
