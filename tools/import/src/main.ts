/**
 * A pretrained ResNet of another program as the folder of an encoder: TensorFlow checkpoints and SavedModels of the
 * reference, PyTorch's `.pth` and safetensors of torchvision's ResNets; or any network as a graph, ONNX or SavedModel.
 *
 *     node tools/import/src/main.ts <checkpoint> <encoder folder>
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Given, pathOf, quietly, runTool } from '@simclr/command-line';
import { importEncoder } from '@simclr/import-encoder';
import { IMAGENET_STATISTICS, type ImportOptions } from '@simclr/nn/checkpoints';
import { UserError } from '@simclr/stage';
import { IMPORT } from './usage.ts';

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

await runTool('import', IMPORT, async ({ names, options }: Given<typeof IMPORT>) => {
  const [checkpoint, folder] = names as [string, string];
  const choose = <const T>(option: keyof (typeof IMPORT)['options'], choices: Record<string, T>) =>
    parseChoice(option, options[option], choices);
  const file = pathOf(checkpoint);
  const given = {
    size: parseSize(options.size),
    dataset: options.dataset,
    preprocess: options.preprocess,
    output: options.output,
    prefix: options.prefix,
    normalize: parseNormalize(options.normalize),
    poolPadding: choose('pool-padding', { same: 'same', symmetric: 'symmetric' }),
    stemStride: choose('stem-stride', { 1: 1, 2: 2 }),
    stemPadding: choose('stem-padding', { 0: 0, 1: 1, 2: 2, 3: 3 }),
    stemPool: choose('stem-pool', { yes: true, no: false }),
    bottleneckStride: choose('bottleneck-stride', { '1x1': '1x1', '3x3': '3x3' }),
  };
  // A network that is run as it is.
  const isGraph = existsSync(file) && (file.endsWith('.onnx') || existsSync(join(file, 'saved_model.pb')));
  if (isGraph) await quietly(() => import('@simclr/tensorflow'));
  const { files, table } = await importEncoder(file, pathOf(folder), given);
  console.log(`${folder}: ${files.join(', ')}\n${table}`);
});
