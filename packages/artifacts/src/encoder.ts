import { z } from '@simclr/stage';
import { jsonArtifact } from './json-artifact.ts';
import { Preprocessing, upgradePreprocessing } from './preprocessing.ts';
import { Shape, size } from './shape.ts';

/** A network, as `ResNetConfig` of packages/nn has it, where each key is explained. */
const Architecture = z.strictObject({
  depth: size,
  width: size,
  stem: z.enum(['cifar', 'imagenet']),
  channels: size,
  skRatio: z.number().min(0).optional(),
  seRatio: z.number().min(0).optional(),
  normalize: z.strictObject({ mean: z.array(z.number()), std: z.array(z.number().positive()) }).optional(),
  poolPadding: z.enum(['same', 'symmetric']).optional(),
  stemStride: size.optional(),
  stemPadding: z.int().min(0).optional(),
  stemPool: z.boolean().optional(),
  bottleneckStride: z.enum(['1x1', '3x3']).optional(),
});

const Written = z.strictObject({
  architecture: Architecture,
  inputShape: Shape,
  /** How images of any size come to that shape; those of its dataset have it where they are raw. */
  preprocessing: Preprocessing,
  /** Dimension of the features. */
  featureDim: size,
  /** The views that it was trained on; `imported` for one of another program. */
  policy: z.string(),
  /** What it was pretrained on. */
  dataset: z.string(),
  steps: z.int().min(0),
  seed: z.int(),
  /** In which its features are computed. */
  precision: z.enum(['fp32', 'bf16']),
  /** Of an encoder of another program. */
  imported: z
    .strictObject({
      /** The checkpoint's file name. */
      from: z.string(),
      format: z.string(),
      /** What its tensors' names start with there. */
      prefix: z.string(),
      /** Variables that the checkpoint lacks. */
      missing: z.array(z.string()),
      /** What its program does that names and shapes do not show. */
      geometry: z.strictObject({
        stemStride: size,
        stemPool: z.boolean(),
        ...Architecture.pick({ stemPadding: true, poolPadding: true, bottleneckStride: true }).shape,
      }),
      /** Which of these were taken as most networks have them. */
      assumed: z.array(z.string()),
    })
    .optional(),
});

/** Contents of `encoder.json`. Version 2 has the whole preprocessing. */
export type EncoderFile = z.infer<typeof Written>;
/** The same, as it is read: where it is from is told, and nothing depends on it. */
export type EncoderInfo = Omit<EncoderFile, 'imported'>;

const artifact = jsonArtifact({
  file: 'encoder.json',
  name: 'encoder',
  stage: 'pretrain',
  expected: 'expected a folder that the stage pretrain or npm run import wrote',
  version: 2,
  written: Written,
  read: z.object(Written.omit({ imported: true }).shape),
  upgrade: (json) => ({ ...json, preprocessing: upgradePreprocessing(json.preprocessing, json.inputShape) }),
});

/** The weights beside `encoder.json`, by what they are: of the network, of its projection head, of a classifier. */
export const ENCODER_WEIGHTS = {
  encoder: 'encoder.safetensors',
  projection: 'projection.safetensors',
  supervised: 'supervised.safetensors',
} as const;

export const ENCODER_JSON = artifact.file;
export const writeEncoderInfo = artifact.write;
/** @throws UserError as `JsonArtifact.read` */
export const readEncoderInfo: (folder: string) => EncoderInfo = artifact.read;
