import { RESIZES, type ResizeName } from '@simclr/artifacts';
import { UserError, z } from '@simclr/stage';
import { parsePreprocess, type StatedPreprocessing } from '@simclr/views/preprocess-language';
import { firstIssue } from './first-issue.ts';
import { fromHuggingFace } from './hugging-face.ts';
import { fromTimm } from './timm.ts';

const numbers = z.union([z.number().transform((one) => [one]), z.array(z.number()).min(1)]);
const side = z.int().min(1);

/** The same as `encoder.json` has under `preprocessing`, with defaults; or the text of the language. */
const Own = z.union([
  z.strictObject({ preprocess: z.string() }),
  z.strictObject({
    size: z.union([side, z.tuple([side, side])]).optional(),
    crop: z.number().gt(0).max(1).default(1),
    squash: z.boolean().default(false),
    resize: z.enum(RESIZES),
    a: z.number().optional(),
    coordinates: z.enum(['half-pixel', 'legacy']).default('half-pixel'),
    antialias: z.boolean().optional(),
    range: z.tuple([z.number(), z.number()]),
    mean: numbers,
    std: numbers,
    channels: z.enum(['RGB', 'BGR', 'grey']).optional(),
    layout: z.enum(['NHWC', 'NCHW']).optional(),
  }),
]);

/** What a file of JSON says of preprocessing. */
export interface SaidByJson {
  stated: StatedPreprocessing;
  /** Whose form it has. */
  form: string;
}

/**
 * Reads the preprocessing in a file of JSON: in timm's form (`pretrained_cfg`), Hugging Face's (`image_mean`), or our own.
 *
 * @param where the file, for errors
 * @returns undefined where it is a config that says nothing of preprocessing
 * @throws UserError where it says what cannot be done, or cannot be understood
 */
export function readJsonPreprocessing(text: string, where: string): SaidByJson | undefined {
  const refuse = (why: string): never => {
    throw new UserError(`preprocessing not understood: ${where}. ${why}. say it by --preprocess instead`);
  };
  const json = parseObject(text) ?? refuse('expected an object of JSON');
  const timm = json.pretrained_cfg ?? (json.crop_pct !== undefined && json.mean !== undefined ? json : undefined);
  if (timm !== undefined) return { form: 'timm', stated: fromTimm(timm, refuse) };
  if (json.image_mean !== undefined || json.do_normalize !== undefined || json.image_processor_type !== undefined)
    return { form: 'Hugging Face', stated: fromHuggingFace(json, refuse) };
  if (json.model_type !== undefined || json.architectures !== undefined || json.architecture !== undefined)
    return undefined;
  const read = Own.safeParse(json);
  if (!read.success) return refuse(firstIssue(read.error));
  if ('preprocess' in read.data) return { form: 'own', stated: parsePreprocess(read.data.preprocess) };
  const { size, squash, resize, coordinates, antialias, a: _, ...rest } = read.data;
  return {
    form: 'own',
    stated: {
      ...rest,
      ...(size !== undefined && { size: typeof size === 'number' ? [size, size] : size }),
      ...(squash && { squash }),
      resize: named(resize, coordinates, antialias),
    },
  };
}

function named(resize: ResizeName, coordinates: 'half-pixel' | 'legacy', antialias: boolean | undefined): ResizeName {
  if (resize === 'bilinear') return antialias ? 'bilinear_antialias' : 'bilinear';
  if (resize !== 'bicubic') return resize;
  if (antialias) return 'antialias';
  return coordinates === 'legacy' ? 'legacy' : 'bicubic';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
