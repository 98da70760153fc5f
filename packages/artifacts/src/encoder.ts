import { join } from 'node:path';
import { UserError, z } from '@simclr/stage';
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

/** What every encoder says of itself. */
const common = {
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
};

/** A network of ours, its weights beside this file as ENCODER_WEIGHTS says. */
const Network = z.strictObject({
  format: z.literal('safetensors'),
  architecture: Architecture,
  ...common,
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

/** A graph of any program, whole in a file or a folder beside this one. Its preprocessing is what was stated of it. */
const Graph = z.strictObject({
  format: z.enum(['onnx', 'saved-model']),
  ...common,
  /** Name of the file, or of the SavedModel's folder. */
  file: z.string(),
  input: z.strictObject({
    name: z.string(),
    /** Images that it takes at a time; null where it takes any number. */
    batch: size.nullable(),
  }),
  output: z.strictObject({
    name: z.string(),
    /** Axes over which the output is averaged: height and width of a map of features. */
    pool: z.array(z.int()),
  }),
  parameters: z.int().min(0),
  /** Floating-point operations of the products for one image, a multiply-add counting two; null where they are not known. */
  flops: z.number().nullable(),
});

/** What is written of a network; `format` is put in. */
export type EncoderFile = Omit<z.infer<typeof Network>, 'format'>;
/** The same, as it is read: where it is from is told, and nothing depends on it. */
export type EncoderInfo = Omit<EncoderFile, 'imported'>;
export type GraphEncoderInfo = z.infer<typeof Graph>;
/** Contents of `encoder.json`, of either kind. */
export type AnyEncoderInfo = (EncoderInfo & { format: 'safetensors' }) | GraphEncoderInfo;

/** Version 2 has the whole preprocessing, version 3 the format. */
const artifact = jsonArtifact({
  file: 'encoder.json',
  name: 'encoder',
  stage: 'pretrain',
  expected: 'expected a folder that the stage pretrain or npm run import wrote',
  version: 3,
  written: z.discriminatedUnion('format', [Network, Graph]),
  read: z.discriminatedUnion('format', [z.object(Network.omit({ imported: true }).shape), z.object(Graph.shape)]),
  upgrade: ({ preprocessing, ...json }, version) => ({
    ...json,
    format: 'safetensors',
    preprocessing: version === 1 ? upgradePreprocessing(preprocessing, json.inputShape) : preprocessing,
  }),
});

/** The weights beside `encoder.json`, by what they are: of the network, of its projection head, of a classifier. */
export const ENCODER_WEIGHTS = {
  encoder: 'encoder.safetensors',
  projection: 'projection.safetensors',
  supervised: 'supervised.safetensors',
} as const;

export const ENCODER_JSON = artifact.file;
/** Of a network of ours. */
export const writeEncoderInfo = (folder: string, info: EncoderFile): void =>
  artifact.write(folder, { format: 'safetensors', ...info });
export const writeGraphEncoderInfo = (folder: string, info: GraphEncoderInfo): void => artifact.write(folder, info);

/** Of an encoder of any kind. @throws UserError as `JsonArtifact.read` */
export const readAnyEncoderInfo: (folder: string) => AnyEncoderInfo = artifact.read;

const GRAPHS = { onnx: 'an ONNX file', 'saved-model': 'a SavedModel' } as const;

/** Why nothing can be trained from an encoder's weights: `an ONNX file has no weights to train`; undefined of a network of ours. */
export const whyUntrainable = ({ format }: Pick<AnyEncoderInfo, 'format'>): string | undefined =>
  format === 'safetensors' ? undefined : `${GRAPHS[format]} has no weights to train`;

/**
 * Of a network of ours: who needs its layers.
 * @throws UserError as `JsonArtifact.read`, and for a graph of another program
 */
export function readEncoderInfo(folder: string): EncoderInfo {
  const info = readAnyEncoderInfo(folder);
  if (info.format === 'safetensors') {
    const { format: _, ...network } = info;
    return network;
  }
  throw new UserError(
    `no network of ours: ${join(folder, artifact.file)} is of ${GRAPHS[info.format]}, of which features can be made and nothing else. give an encoder of pretrain, or of npm run import with a checkpoint`,
  );
}
