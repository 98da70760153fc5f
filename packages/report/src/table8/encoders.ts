import { type FeaturesInfo, readAnyEncoderInfo, readFeaturesInfo, readMissing } from '@simclr/artifacts';
import { encoderFlops } from '@simclr/nn/plan';
import { inputsOf, type StageInputs } from '@simclr/stage';
import { encoderOf, namedEncoders } from './entries.ts';

/** An encoder, and what it costs. */
export interface EncoderCost {
  /** As rows of the table are called. */
  name: string;
  /** Which of several of that name; '' of a single one. */
  seed: string;
  /** What it was pretrained on, and on which views. */
  origin: string;
  input: string;
  featureDim: number;
  precision: string;
  /** Floating-point operations for one image; null where they are not known. */
  flops: number | null;
  /** What was found when its features were extracted; absent without that stage. */
  parameters?: number;
  digest?: string;
  /** From image to features, over datasets: of the machine that ran it, and another each time. */
  imagesPerSecond?: number;
}

/** The encoders of a table, each with what was found when its features were extracted. */
export function encoderCosts(inputs: StageInputs): EncoderCost[] {
  const encoders = namedEncoders(inputs);
  const there = inputsOf(inputs, 'features').filter(({ folder }) => !readMissing(folder));
  const byEncoder = Map.groupBy(
    there.map((input) => ({ input, info: readFeaturesInfo(input.folder) })),
    ({ input }) => encoderOf(input, encoders).input.task,
  );
  return encoders.map(({ name, seed, input }) => {
    const info = readAnyEncoderInfo(input.folder);
    const { dataset, policy, inputShape, featureDim, precision } = info;
    const features = byEncoder.get(input.task) ?? [];
    const found = features[0]?.info.encoder;
    const imagesPerSecond = rateOf(features);
    return {
      ...{ name, seed, featureDim, precision },
      origin: `${dataset}, ${policy}`,
      input: inputShape.join(' × '),
      flops: info.format === 'safetensors' ? encoderFlops(info.architecture, inputShape) : info.flops,
      ...(found && { parameters: found.parameters, digest: found.digest }),
      ...(imagesPerSecond !== undefined && { imagesPerSecond }),
    };
  });
}

/** Images by seconds, of the datasets where that was measured; undefined without one. */
function rateOf(
  features: readonly { input: { metrics?: Readonly<Record<string, number>> }; info: FeaturesInfo }[],
): number | undefined {
  let [images, seconds] = [0, 0];
  for (const { input, info } of features) {
    const { train, validation, test } = info.splits;
    const rows = train.rows + (validation?.rows ?? 0) + test.rows;
    const rate = input.metrics?.[`images_per_second/${info.dataset}`];
    if (rate === undefined) continue;
    images += rows;
    seconds += rows / rate;
  }
  return images ? images / seconds : undefined;
}

/** Characters of a digest that are shown: two people compare them by eye. */
export const SHOWN_DIGEST = 12;

const orNone = (text: string | undefined): string => text ?? '–';

/** What every format says of an encoder. */
export const costTexts = ({ name, seed, parameters, flops, digest, imagesPerSecond }: EncoderCost) => ({
  name: seed === '' ? name : `${name}, seed ${seed}`,
  parameters: orNone(parameters?.toLocaleString('en-US')),
  gigaflops: flops === null ? '–' : (flops / 1e9).toPrecision(3),
  digest: orNone(digest?.slice(0, SHOWN_DIGEST)),
  imagesPerSecond: orNone(imagesPerSecond?.toLocaleString('en-US', { maximumSignificantDigits: 3 })),
});
