import { basename, extname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '@simclr/stage';

const USAGE =
  'usage: npm run evaluate -- --encoder <file or folder> [--preprocess "centercrop(to=224)|normalize(imagenet)"] [--output name] [--datasets caltech101,pets] [--data <folder of archives>] [--repacked] [--name name]';

const options = {
  encoder: { type: 'string' },
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
  /** Absolute. */
  encoder: string;
  preprocess?: string | undefined;
  output?: string | undefined;
  datasets: readonly string[];
  /** Folder of archives, absolute. */
  data?: string | undefined;
  /** Archives there may have been packed anew. */
  repacked: boolean;
  /** Of the pipeline: `evaluate-<name>`. */
  name: string;
}

/**
 * @param from where paths are meant from
 * @throws UserError with the usage
 */
export function readArguments(args: string[], from: string): EvaluateArguments {
  const { encoder, datasets, data, name, ...values } = parse(args);
  if (encoder === undefined) throw new UserError(`missing --encoder. ${USAGE}`);
  const wanted = datasets?.split(',').map((one) => one.trim());
  if (wanted?.some((one) => !/^[\w-]+$/.test(one)))
    throw new UserError(
      `invalid --datasets: ${datasets}. allowed: names with commas between them, such as caltech101,pets`,
    );
  const named =
    name ??
    basename(encoder, extname(encoder))
      .replace(/[^\w-]+/g, '-')
      .replace(/^-+|-+$/g, '');
  if (!/^\w[\w-]*$/.test(named)) throw new UserError(`invalid --name: ${named}. allowed: letters, digits, - and _`);
  return {
    ...values,
    encoder: resolve(from, encoder),
    datasets: wanted ?? TABLE_8,
    ...(data !== undefined && { data: resolve(from, data) }),
    name: named,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    const [message] = (error as Error).message.split('. ');
    throw new UserError(`${message!.charAt(0).toLowerCase()}${message!.slice(1)}. ${USAGE}`);
  }
}
