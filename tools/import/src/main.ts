/**
 * A pretrained ResNet of another program as the folder of an encoder: TensorFlow checkpoints and SavedModels of the
 * reference, PyTorch's `.pth` and safetensors of torchvision's ResNets; or any network as a graph, ONNX or SavedModel.
 *
 *     node tools/import/src/main.ts <checkpoint> <encoder folder>
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { importEncoder } from '@simclr/import-encoder';
import { IMAGENET_STATISTICS, type ImportOptions } from '@simclr/nn/checkpoints';
import { UserError } from '@simclr/stage';

const usage =
  'usage: npm run import -- <checkpoint, .onnx or SavedModel> <encoder folder> [--preprocess "centercrop(to=224)|normalize(imagenet)"] [--output name] [--size 224] [--dataset name] [--prefix module.encoder] [--normalize imagenet|none|r,g,b/r,g,b] [--pool-padding same|symmetric] [--stem-stride 1|2] [--stem-padding 1] [--stem-pool yes|no] [--bottleneck-stride 1x1|3x3]';

const options = {
  size: { type: 'string' },
  dataset: { type: 'string' },
  preprocess: { type: 'string' },
  output: { type: 'string' },
  prefix: { type: 'string' },
  normalize: { type: 'string' },
  'pool-padding': { type: 'string' },
  'stem-stride': { type: 'string' },
  'stem-padding': { type: 'string' },
  'stem-pool': { type: 'string' },
  'bottleneck-stride': { type: 'string' },
} as const;

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    const [message] = (error as Error).message.split('. ');
    throw new UserError(`${message!.charAt(0).toLowerCase()}${message!.slice(1)}. ${usage}`);
  }
}

function parseSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new UserError(`invalid --size: ${text}. allowed: a number of pixels`);
  return Number(text);
}

function parseNormalize(text: string | undefined): ImportOptions['normalize'] {
  if (text === undefined || text === 'none') return text;
  if (text === 'imagenet') return IMAGENET_STATISTICS;
  const [mean, std, ...rest] = text.split('/').map((part) => part.split(',').map((n) => (n ? Number(n) : Number.NaN)));
  const valid = mean && std && rest.length === 0 && mean.length === std.length && mean.every(Number.isFinite);
  if (!valid || !std.every((n) => n > 0)) {
    throw new UserError(
      `invalid --normalize: ${text}. allowed: imagenet, none, means and deviations such as 0.5,0.5,0.5/0.25,0.25,0.25`,
    );
  }
  return { mean, std };
}

/** What the allowed text of an option means. Throws UserError for another text. */
function parseChoice<T>(option: string, text: string | undefined, choices: Record<string, T>): T | undefined {
  if (text === undefined) return undefined;
  if (Object.hasOwn(choices, text)) return choices[text];
  throw new UserError(`invalid --${option}: ${text}. allowed: ${Object.keys(choices).join(', ')}`);
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [checkpoint, folder] = positionals;
  if (!checkpoint || !folder || positionals.length > 2)
    throw new UserError(`expected two arguments: ${positionals.length} given. ${usage}`);
  // npm runs scripts at the root of the repository; paths are meant from where it was called.
  const from = process.env.INIT_CWD ?? process.cwd();
  const choose = <const T>(option: keyof typeof options, choices: Record<string, T>) =>
    parseChoice(option, values[option], choices);
  const { files, table } = await importEncoder(resolve(from, checkpoint), resolve(from, folder.replace(/\/+$/, '')), {
    size: parseSize(values.size),
    dataset: values.dataset,
    preprocess: values.preprocess,
    output: values.output,
    prefix: values.prefix,
    normalize: parseNormalize(values.normalize),
    poolPadding: choose('pool-padding', { same: 'same', symmetric: 'symmetric' }),
    stemStride: choose('stem-stride', { 1: 1, 2: 2 }),
    stemPadding: choose('stem-padding', { 0: 0, 1: 1, 2: 2, 3: 3 }),
    stemPool: choose('stem-pool', { yes: true, no: false }),
    bottleneckStride: choose('bottleneck-stride', { '1x1': '1x1', '3x3': '3x3' }),
  });
  console.log(`${folder}: ${files.join(', ')}\n${table}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
}
