import { basename, extname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '@simclr/stage';
import { hint } from '../../pipelines/src/cli/nearest.ts';

export const USAGE = `npm run evaluate -- --encoder <file or folder> [options]

  the paper's Table 8 for an encoder, ours or anyone's, on the datasets that are there

  --encoder <file or folder> …  needed; of several a row each, side by side
  --preprocess <text>           how encoders want images, where their files do not say:
                                'centercrop(to=224)|normalize(imagenet)'
  --output <name>               of the outputs of a graph, the features
  --datasets <a,b>              some of them; the twelve of Table 8 by default
  --data <folder>               where archives are
  --repacked                    archives may have been packed anew
  --name <name>                 of the pipeline: evaluate-<name>; by default the encoders'

  npm run evaluate -- --encoder encoder.onnx --datasets pets,dtd --data ~/archives
`;
const SEE = 'see npm run evaluate -- --help';

const options = {
  encoder: { type: 'string', multiple: true },
  preprocess: { type: 'string' },
  output: { type: 'string' },
  datasets: { type: 'string' },
  data: { type: 'string' },
  repacked: { type: 'boolean', default: false },
  name: { type: 'string' },
} as const;

/** The twelve of the paper's Table 8. */
const TABLE_8: readonly string[] = [
  'food101',
  'cifar10',
  'cifar100',
  'birdsnap',
  'sun397',
  'cars',
  'aircraft',
  'voc2007',
  'dtd',
  'pets',
  'caltech101',
  'flowers',
];

export interface EvaluateArguments {
  /** By their names in the table: absolute paths. */
  encoders: Readonly<Record<string, string>>;
  preprocess?: string | undefined;
  output?: string | undefined;
  datasets: readonly string[];
  /** Folder of archives, absolute. */
  data?: string | undefined;
  /** Archives there may have been packed anew. */
  repacked: boolean;
  /** Of the pipeline: `evaluate-<name>`. */
  name: string;
  /** Whether the name was said. */
  named: boolean;
}

/**
 * @param from where paths are meant from
 * @param known names of all datasets
 * @throws UserError one line
 */
export function readArguments(args: string[], from: string, known: readonly string[]): EvaluateArguments {
  const { encoder: paths = [], datasets, data, name, ...values } = parse(args);
  if (!paths.length) throw new UserError(`missing --encoder: a file or a folder. ${SEE}`);
  // A single one is called as the pipeline is.
  const names = paths.map((path) => (paths.length === 1 && name !== undefined ? name : nameOf(path)));
  const own = name ?? names.join('-');
  for (const each of [own, ...names])
    if (!/^\w[\w-]*$/.test(each)) throw new UserError(`invalid --name: ${each}. allowed: letters, digits, - and _`);
  const twice = names.find((each, at) => names.indexOf(each) < at);
  if (twice !== undefined)
    throw new UserError(`two encoders of one name: ${twice}. rename a file, or give each its own run with --name`);
  return {
    ...values,
    encoders: Object.fromEntries(names.map((each, at) => [each, resolve(from, paths[at]!)])),
    datasets: datasets === undefined ? TABLE_8 : readDatasets(datasets, known),
    ...(data !== undefined && { data: resolve(from, data) }),
    name: own,
    named: name !== undefined,
  };
}

const nameOf = (path: string): string =>
  basename(path, extname(path))
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '');

function readDatasets(said: string, known: readonly string[]): string[] {
  const names = said.split(',').map((one) => one.trim());
  const wrong = names.find((one) => !known.includes(one));
  if (wrong !== undefined)
    throw new UserError(`unknown --datasets: ${wrong}. ${hint(wrong, known)}allowed: ${known.join(', ')}`);
  const twice = names.find((one, at) => names.indexOf(one) < at);
  if (twice !== undefined) throw new UserError(`twice in --datasets: ${twice}. expected each once`);
  return names;
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    const [message] = (error as Error).message.split('. ');
    throw new UserError(`${message!.charAt(0).toLowerCase()}${message!.slice(1)}. ${SEE}`);
  }
}
