import type { ImageShape } from '@simclr/shards';
import { selectRows, type TensorFlow, type TensorSpec, tf } from '@simclr/tensorflow';
import type { PolicyPair } from '../pair.ts';
import type { Operation, Policy, ViewOperationName } from '../policy.ts';
import { grayscale, jitter } from './color.ts';
import { CROP_COLUMNS, compileColumns, type FedStep, motionSide, rowLength } from './columns.ts';
import { blur, motionBlur, sobel } from './filters.ts';
import { cutout, flip, rotate } from './places.ts';
import { cropAndResize } from './resize.ts';
import { equalize, solarize } from './tone.ts';

type Images = TensorFlow.Tensor4D;
type Columns = TensorFlow.Tensor2D;

/**
 * The operations, on images [n, c, h, w] that are not clipped before.
 * @param columns what each is fed, [n, columns]
 */
const OPS: Record<ViewOperationName, (x: Images, columns: Columns, args: Operation['args']) => Images> = {
  flip,
  jitter,
  grayscale,
  blur,
  cutout: (x, centre, { length }) =>
    cutout(x, centre, Math.round((length as number) * Math.min(x.shape[2], x.shape[3]))),
  rotate,
  sobel,
  noise(x, columns) {
    const [n, channels, height, width] = x.shape;
    const noise = tf.transpose(tf.reshape(columns, [n, height, width, channels]), [0, 3, 1, 2]);
    return tf.clipByValue(tf.add(tf.clipByValue(x, 0, 1), noise), 0, 1) as Images;
  },
  equalize,
  solarize: (x, _, { threshold }) => solarize(x, threshold as number),
  motionblur: (x, kernels, args) => motionBlur(x, kernels, motionSide(args)),
};

const take = (fed: Columns, from: number, count: number): Columns => tf.slice(fed, [0, from], [-1, count]);

function applyStep(x: Images, fed: Columns, { operation, applied, from, columns }: FedStep): Images {
  const { name, args } = operation;
  const result = OPS[name](x, take(fed, from, columns), args);
  if (applied === undefined || args.p === 1) return result;
  return selectRows(tf.greater(tf.reshape(take(fed, applied, 1), [-1]), 0), result, x) as Images;
}

/**
 * @param images [n, c, h, w] in [0, 1]
 * @param fed a row a view
 * @returns [n, …shape of a view] in [0, 1]
 */
function viewsOf(policy: Policy, image: ImageShape, images: Images, fed: Columns): Images {
  const { shape, kind, whole, steps } = compileColumns(policy, image);
  const [height, width] = shape;
  const columns = take(fed, 0, CROP_COLUMNS);
  let x: Images;
  if (!whole) x = cropAndResize(images, columns, [height, width], kind);
  else x = selectRows(tf.greater(tf.reshape(take(fed, CROP_COLUMNS - 1, 1), [-1]), 0), flip(images), images) as Images;
  for (const step of steps) x = applyStep(x, fed, step);
  return tf.transpose(tf.clipByValue(x, 0, 1), [0, 2, 3, 1]) as Images;
}

/**
 * What `deviceViews` takes, as inputs of a step.
 * @param image shape of the raw images
 * @param batch pairs N
 */
export const deviceInputs = (
  pair: PolicyPair,
  image: ImageShape,
  batch: number,
): Record<'pixels' | 'draws', TensorSpec> => ({
  pixels: { shape: [batch, ...image], dtype: 'float32' },
  draws: { shape: [2 * batch, rowLength(pair, image)], dtype: 'float32' },
});

/**
 * Both views of each image as batched tensor operations, to be traced: the views that the typed-array engine makes of the
 * same draws. Largest and mean difference over 2,000 views of 32 px, on the CPU (views.test.ts holds them):
 *
 * | operation | largest | mean |
 * |---|---|---|
 * | crop: bicubic, legacy, antialias | 4·10⁻⁷, 2·10⁻⁷, 5·10⁻⁷ | 2·10⁻⁸, 2·10⁻⁸, 3·10⁻⁸ |
 * | centercrop | 2·10⁻⁷ | 2·10⁻⁸ |
 * | jitter: v2, v1, torchvision | 12·10⁻⁷, 9·10⁻⁷, 10·10⁻⁷ | 3·10⁻⁸, 2·10⁻⁸, 3·10⁻⁸ |
 * | grayscale | 1·10⁻⁷ | 2·10⁻⁸ |
 * | blur of 3, of 9 taps | 2·10⁻⁷, 3·10⁻⁷ | 2·10⁻⁸, 3·10⁻⁸ |
 * | motionblur | 2·10⁻⁷ | 1·10⁻⁸ |
 * | sobel | 1·10⁻⁷ | 1·10⁻⁸ |
 * | noise | 1·10⁻⁷ | 0.2·10⁻⁸ |
 * | flip, rotate, cutout; equalize, solarize of the whole image | 0 | 0 |
 * | crop\|equalize: up to 9 values in 10⁶ fall to another level | 0.05 | 6·10⁻⁸ |
 *
 * What follows a difference may enlarge it; a threshold (equalize, solarize) turns it into a step where it is crossed.
 *
 * @param pixels [N, h, w, c], 0 to 255
 * @param draws [2N, columns], first views first, as `startDeviceLoader` fills it in
 * @returns [2N, …shape of a view] in [0, 1], first views first
 */
export function deviceViews(pair: PolicyPair, pixels: TensorFlow.Tensor, draws: TensorFlow.Tensor): Images {
  const [batch, ...image] = pixels.shape as [number, number, number, number];
  const images = tf.div(tf.transpose(pixels, [0, 3, 1, 2]), 255) as Images;
  const fed = draws as Columns;
  const [first, second] = pair;
  if (first === second) return viewsOf(first, image, tf.concat([images, images]), fed);
  const half = (view: 0 | 1): Columns => tf.slice(fed, [view * batch, 0], [batch, -1]);
  return tf.concat([viewsOf(first, image, images, half(0)), viewsOf(second, image, images, half(1))]);
}
