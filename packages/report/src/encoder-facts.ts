import type { EncoderInfo } from './results.ts';

/** How an encoder was made, as names and texts. */
export function encoderFacts(encoder: EncoderInfo): [string, string][] {
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

/** What is the same of all encoders. */
export function commonFacts(encoders: EncoderInfo[]): [string, string][] {
  const [first, ...others] = encoders.map(encoderFacts);
  return (first ?? []).filter(([key, value]) =>
    others.every((facts) => facts.some(([k, v]) => k === key && v === value)),
  );
}
