import { type FeaturesInfo, readAnyEncoderInfo, readFeaturesInfo, readMissing } from '@simclr/artifacts';
import { encoderFlops } from '@simclr/nn/plan';
import { inputsOf, type StageInputs } from '@simclr/stage';
import { type Html, html } from '../../html.ts';
import { encoderOf, namedEncoders } from '../entries.ts';

/** An encoder, and what it costs. */
export interface EncoderCost {
  name: string;
  /** What it was pretrained on, and on which views. */
  origin: string;
  input: string;
  featureDim: number;
  precision: string;
  /** Floating-point operations for one image; null where they are not known. */
  flops: number | null;
  encoder?: FeaturesInfo['encoder'];
}

/** The encoders of a table, each with what was found when its features were extracted. */
export function encoderCosts(inputs: StageInputs): EncoderCost[] {
  const encoders = namedEncoders(inputs);
  const found = new Map<string, FeaturesInfo['encoder']>();
  for (const input of inputsOf(inputs, 'features')) {
    if (readMissing(input.folder)) continue;
    const { encoder } = readFeaturesInfo(input.folder);
    found.set(encoderOf(input, encoders).input.task, encoder);
  }
  return encoders.map(({ name, seed, input }) => {
    const info = readAnyEncoderInfo(input.folder);
    const { dataset, policy, inputShape, featureDim, precision } = info;
    const encoder = found.get(input.task);
    return {
      name: seed === '' ? name : `${name}, seed ${seed}`,
      origin: `${dataset}, ${policy}`,
      input: inputShape.join(' × '),
      featureDim,
      precision,
      flops: info.format === 'safetensors' ? encoderFlops(info.architecture, inputShape) : info.flops,
      ...(encoder && { encoder }),
    };
  });
}

const number = (value: number): string => value.toLocaleString('en-US');

/** What each encoder is, and what it costs. */
export function encoderSection(encoders: readonly EncoderCost[]): Html {
  const rows = encoders.map(
    ({ name, origin, input, featureDim, precision, flops, encoder }) =>
      html`<tr><th class="text">${name}</th><td>${encoder ? number(encoder.parameters) : '–'}</td><td>${flops === null ? '–' : (flops / 1e9).toPrecision(3)}</td><td>${number(featureDim)}</td><td class="text">${input}</td><td class="text">${precision}</td><td class="text"><code>${encoder?.digest.slice(0, 12) ?? '–'}</code></td><td class="text long">${origin}</td></tr>`,
  );
  return html`<section><h2>Encoders</h2><div class="wide"><table><thead><tr><th class="text">encoder</th><th>parameters</th><th>GFLOP an image</th><th>features</th><th class="text">input</th><th class="text">precision</th><th class="text">digest</th><th class="text">pretrained on</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
