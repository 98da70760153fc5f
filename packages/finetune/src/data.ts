import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DatasetMetric,
  type EncoderInfo,
  type ImageDigests,
  REFERENCE_CROP,
  readDatasetInfo,
  resizeName,
} from '@simclr/artifacts';
import type { JudgedOn } from '@simclr/evaluation';
import { aboutSplits } from '@simclr/evaluation/digests-of';
import { fitImages } from '@simclr/evaluation/fit-images';
import { requireColour } from '@simclr/evaluation/input-shape';
import { requireSameClasses } from '@simclr/evaluation/require-classes';
import { closeEncoded, type Encoded, joinSplits, loadInput, type Pixels, type SplitName } from '@simclr/shards';
import { type StageLog, UserError } from '@simclr/stage';
import { availableCores } from '@simclr/tensorflow';
import { type EvaluationImages, evaluationPolicy, viewedImages } from '@simclr/views';

/** Images to train on and to test on. */
export interface Data {
  name: string;
  classes: string[];
  metric: DatasetMetric;
  /** With labels: those of `train`, and after them those of an official validation split. */
  train: Pixels | Encoded;
  /** Which of them are of that split; undefined where there is none. */
  official: Uint32Array | undefined;
  /** The views that are trained on: crops and flips. */
  policy: string;
  /** The same images as they are evaluated. */
  held: EvaluationImages;
  test: EvaluationImages;
  /** Of training and test images, [rows, width]: a class; or, where they may be of several, 1, −1, or 0 (difficult) for each. */
  labels: { width: number; train: Int32Array; test: Int32Array };
  severalLabels: boolean;
  splits: JudgedOn['splits'];
  /** Of the images as the stage ingest wrote them. */
  images: ImageDigests;
  close(): void;
}

type Encoder = Pick<EncoderInfo, 'inputShape' | 'preprocessing'>;

/** Images of at most so many px are evaluated whole (the reference's rule for `test_crop`), larger ones by their centre. */
const WHOLE = 32;

/**
 * Opens a dataset of the stage `ingest` for an encoder: raw images of any shape, or files.
 *
 * @param signal ends it, with its reason, while images are read for their digests
 * @throws UserError where splits name other classes, or the encoder cannot take the images
 */
export async function openData(
  ingest: string,
  name: string,
  encoder: Encoder,
  log: StageLog,
  signal?: AbortSignal,
): Promise<Data> {
  const { metric, severalLabels } = readDatasetInfo(join(ingest, name));
  const [, , channels] = encoder.inputShape;
  const read = (split: SplitName) => loadInput(ingest, name, split, log, { several: true });
  const given = {
    train: read('train'),
    ...(existsSync(join(ingest, name, 'validation')) && { validation: read('validation') }),
    test: read('test'),
  };
  const { classes, rows, shape } = given.train;
  requireSameClasses(name, classes, {
    ...(given.validation && { validation: given.validation.classes }),
    test: given.test.classes,
  });
  if (!shape) requireColour(name, [0, 0, channels]);
  const policy = trainingPolicy(name, shape, encoder);
  const { splits, images } = await aboutSplits(given, signal);
  const own = await inChannels(given.train, channels);
  const validation = given.validation && (await inChannels(given.validation, channels));
  const test = await inChannels(given.test, channels);
  const train = validation ? joinSplits(own, validation) : own;
  return {
    name,
    classes,
    metric,
    train,
    official: validation && Uint32Array.from(validation.labels, (_, row) => rows + row),
    policy,
    held: evaluated(train, encoder),
    test: evaluated(test, encoder),
    labels: { width: severalLabels ? classes.length : 1, train: labelsOf(train), test: labelsOf(test) },
    severalLabels,
    splits,
    images,
    close() {
      for (const split of [train, test]) if (split.shape === null) closeEncoded(split);
    },
  };
}

const labelsOf = ({ labels, targets }: Pixels | Encoded): Int32Array => (targets ? Int32Array.from(targets) : labels);

/** Grey raw images for an encoder of colour, and the other way round; files are decoded to three channels. */
async function inChannels(images: Pixels | Encoded, channels: number): Promise<Pixels | Encoded> {
  if (!images.shape || images.shape[2] === channels) return images;
  const shape = [images.shape[0], images.shape[1], channels] as const;
  const data = new Uint8Array(new SharedArrayBuffer(images.rows * shape[0] * shape[1] * channels));
  let at = 0;
  for await (const batch of fitImages(images, shape, 'bicubic').batches())
    for (const value of batch) data[at++] = Math.round(255 * value);
  return { ...images, data, shape: [...shape] };
}

/** Crops and flips (appendices B.5, B.6, B.8), resized as the encoder wants it. */
function trainingPolicy(name: string, shape: readonly number[] | null, { inputShape, preprocessing }: Encoder): string {
  const [height, width] = inputShape;
  const resize = `resize=${resizeName(preprocessing)}`;
  if (shape?.[0] === height && shape[1] === width) return `crop(${resize})|flip`;
  if (height === width) return `crop(to=${height},${resize})|flip`;
  throw new UserError(
    `shapes differ: the encoder takes ${inputShape.join('×')}, which is not square, and ${name} has other images. give it an encoder of square ones`,
  );
}

/** The centre of images, as the reference shows it: 0.875 of the shorter side, which is 224 px of 256. */
function evaluated(images: Pixels | Encoded, { inputShape, preprocessing }: Encoder): EvaluationImages {
  const [height, width] = inputShape;
  if (images.shape && (Math.max(height, width) <= WHOLE || height !== width))
    return fitImages(images, inputShape, resizeName(preprocessing));
  return viewedImages(images, evaluationPolicy(preprocessing, REFERENCE_CROP), availableCores());
}
