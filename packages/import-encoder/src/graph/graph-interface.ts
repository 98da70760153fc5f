import { type GraphEncoderInfo, type Preprocessing, preprocessing } from '@simclr/artifacts';
import type { GraphFile, GraphTensor } from '@simclr/encoders/graph-files';
import { UserError } from '@simclr/stage';
import type { StatedPreprocessing } from '@simclr/views/preprocess-language';

/** What an encoder is fed by and what is taken of it; null: it shows when it runs. */
export type FoundInterface = Pick<GraphEncoderInfo, 'inputShape' | 'preprocessing' | 'input' | 'output'> & {
  featureDim: number | null;
};

const shown = ({ key, shape }: GraphTensor): string =>
  `${key} [${shape?.map((size) => size ?? 'n').join(', ') ?? '…'}]`;
const isColour = (size: number | null | undefined): boolean => size === 3 || size === 1;

/**
 * Which input takes images and which output gives features, by the shapes that the file says and by what was stated.
 *
 * @param output its name, where there are several
 * @throws UserError in one line for what is ambiguous, or differs from what was stated
 */
export function findInterface(
  { inputs, outputs }: GraphFile,
  path: string,
  stated: StatedPreprocessing,
  output: string | undefined,
): FoundInterface {
  const [images, ...others] = inputs;
  if (!images || others.length)
    throw refusal(path, `one input, of images; it has ${inputs.map(shown).join(', ') || 'none'}`);
  if (!images.float32) throw refusal(path, `an input of 32-bit floats; ${images.key} is of another type`);
  const { shape } = images;
  if (shape && shape.length !== 4) throw refusal(path, `images of four axes; its input is ${shown(images)}`);
  const layout = stated.layout ?? layoutOf(images, path);
  const [h, w, c] = layout === 'NCHW' ? [shape?.[2], shape?.[3], shape?.[1]] : [shape?.[1], shape?.[2], shape?.[3]];
  const channels = c ?? (stated.channels === 'grey' ? 1 : 3);
  if (channels !== (stated.channels === 'grey' ? 1 : stated.channels ? 3 : channels) || !isColour(channels))
    throw refusal(
      path,
      `${stated.channels ?? 'grey or colour'} images; its input ${shown(images)} has ${channels} channels`,
    );
  const [height, width] = [h ?? stated.size?.[0], w ?? stated.size?.[1]];
  if (!height || !width)
    throw new UserError(`size unknown: the input of ${path} is ${shown(images)}. say it: centercrop(to=224)`);
  if (stated.size && (stated.size[0] !== height || stated.size[1] !== width))
    throw new UserError(
      `sizes differ: ${stated.size.join('×')} is stated, and the input of ${path} is ${shown(images)}. correct the preprocessing`,
    );
  if (height !== width) throw refusal(path, `square images; its input is ${shown(images)}`);
  const chosen = chooseOutput(outputs, path, output);
  const found = featuresOf(chosen, path, layout);
  return {
    inputShape: [height, width, channels],
    preprocessing: wholePreprocessing([height, width, channels], layout, stated, path),
    input: { name: images.name, batch: shape?.[0] ?? null },
    output: { name: chosen.name, pool: found.pool },
    featureDim: found.dim,
  };
}

const refusal = (path: string, expected: string) => new UserError(`not an encoder: ${path}. expected ${expected}`);

function layoutOf(images: GraphTensor, path: string): Preprocessing['layout'] {
  const [first, last] = [isColour(images.shape?.[1]), isColour(images.shape?.[3])];
  if (first !== last) return first ? 'NCHW' : 'NHWC';
  throw new UserError(
    `layout unknown: the input of ${path} is ${shown(images)}. say it: …|tensor(layout=nchw), or layout=nhwc`,
  );
}

function chooseOutput(outputs: readonly GraphTensor[], path: string, wanted: string | undefined): GraphTensor {
  const list = outputs.map(shown).join(', ');
  if (wanted !== undefined) {
    const found = outputs.find(({ key, name }) => key === wanted || name === wanted);
    if (!found) throw new UserError(`unknown output: ${wanted} of ${path}. allowed: ${list}`);
    return found;
  }
  const [only, ...others] = outputs;
  if (!only || others.length) throw new UserError(`several outputs: ${list} of ${path}. choose one with --output`);
  return only;
}

/** The dimension of features, and over which axes a map of them is averaged. */
function featuresOf(output: GraphTensor, path: string, layout: Preprocessing['layout']) {
  const { shape, float32 } = output;
  if (!float32) throw refusal(path, `an output of 32-bit floats; ${output.key} is of another type`);
  if (!shape || shape.length === 2) return { dim: shape?.[1] ?? null, pool: [] };
  if (shape.length !== 4)
    throw refusal(
      path,
      `features of two axes, or a map of four; ${shown(output)} has ${shape.length}: export them pooled`,
    );
  const [, a, b, c] = shape;
  const planar = b !== null && b === c && a !== b ? true : a !== null && a === b && b !== c ? false : layout === 'NCHW';
  return planar ? { dim: a ?? null, pool: [2, 3] } : { dim: c ?? null, pool: [1, 2] };
}

function wholePreprocessing(
  shape: [number, number, number],
  layout: Preprocessing['layout'],
  { crop, squash, resize, range, mean, std, channels }: StatedPreprocessing,
  path: string,
): Preprocessing {
  const each = (what: string, values: readonly number[]): number[] => {
    if (values.length === 1) return new Array<number>(shape[2]).fill(values[0]!);
    if (values.length === shape[2]) return [...values];
    throw new UserError(
      `${what} of ${values.length} channels: ${path} takes ${shape[2]}. give one number for each, or one for all`,
    );
  };
  return {
    ...preprocessing(shape, crop, resize),
    ...(squash && { squash }),
    ...(channels && { channels }),
    range: [...range],
    mean: each('mean', mean),
    std: each('std', std),
    layout,
  };
}
