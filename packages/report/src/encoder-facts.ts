import type { EncoderInfo } from '@simclr/artifacts';

/** Fields of `encoder.json` that the page shows, whatever their values. */
export type Described = Omit<EncoderInfo, 'architecture' | 'precision' | 'preprocessing'> & {
  architecture: object;
  precision: string;
};

/** How an encoder was made, as names and texts. */
export function encoderFacts(encoder: Described): [string, string][] {
  const { architecture, inputShape, featureDim, policy, dataset, steps, seed, precision } = encoder;
  return [
    ['pretrained on', dataset],
    ['views', policy],
    [
      'network',
      Object.entries(architecture)
        .map(([key, value]) => `${key} ${value}`)
        .join(', '),
    ],
    ['input', inputShape.join(' × ')],
    ['features', String(featureDim)],
    ['steps', steps.toLocaleString('en-US')],
    ['seed', String(seed)],
    ['precision', precision],
  ];
}

/** Facts that all encoders share. */
export function commonFacts(encoders: Described[]): [string, string][] {
  const [first, ...others] = encoders.map(encoderFacts);
  return (first ?? []).filter(([key, value]) =>
    others.every((facts) => facts.some(([k, v]) => k === key && v === value)),
  );
}
