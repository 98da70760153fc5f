import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitions, type EncodeArgs, loadSafetensors } from '@simclr/nn';
import { UserError, z } from '@simclr/stage';
import type { DefinitionReference, Tree } from '@simclr/tensorflow';
import { type Preprocessing, readPreprocessing } from '@simclr/views/preprocessing';

const size = z.int().min(1);

/** What an export needs of `encoder.json`, as the stage pretrain writes it. */
const EncoderFile = z.object({
  architecture: z.object({
    depth: size,
    width: size,
    stem: z.enum(['cifar', 'imagenet']),
    channels: size,
    skRatio: z.number().min(0).optional(),
    seRatio: z.number().min(0).optional(),
    normalize: z.object({ mean: z.array(z.number()), std: z.array(z.number().positive()) }).optional(),
    poolPadding: z.enum(['same', 'symmetric']).optional(),
    stemStride: size.optional(),
    stemPadding: z.int().min(0).optional(),
    stemPool: z.boolean().optional(),
    bottleneckStride: z.enum(['1x1', '3x3']).optional(),
  }),
  inputShape: z.tuple([size, size, size]),
  preprocessing: z.union([z.looseObject({}), z.string()]).optional(),
});

/** An encoder as a function and its weights. */
export interface Encoder {
  reference: DefinitionReference & { args: EncodeArgs };
  weights: Tree;
  /** How images are brought to what it takes, as encoder.json says. */
  preprocessing: Preprocessing;
}

/**
 * Reads `encoder.json` and `encoder.safetensors`, which the stage pretrain writes.
 *
 * @throws UserError where one is missing or damaged
 */
export function readEncoder(folder: string): Encoder {
  const path = join(folder, 'encoder.json');
  if (!existsSync(path)) {
    throw new UserError(
      `missing encoder: ${path}. expected a folder that the stage pretrain wrote, such as pipelines/quickstart/out/pretrain/data`,
    );
  }
  const { architecture: network, inputShape, preprocessing } = parse(path);
  return {
    reference: { module: definitions, export: 'encode', args: { network, inputShape } },
    weights: loadSafetensors(join(folder, 'encoder.safetensors')).tensors,
    preprocessing: readPreprocessing(preprocessing, inputShape),
  };
}

function parse(path: string): z.infer<typeof EncoderFile> {
  const broken = (why: string) =>
    new UserError(`invalid encoder: ${path}. ${why}. run npm run pipeline -- run <pipeline> --force pretrain`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw broken('expected JSON');
  }
  const result = EncoderFile.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const said = issue.message.replace(/^Invalid (input|option): /, '');
  throw broken([issue.path.join('.'), `${said.charAt(0).toLowerCase()}${said.slice(1)}`].filter(Boolean).join(': '));
}
