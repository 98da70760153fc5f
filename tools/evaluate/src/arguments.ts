import { basename, extname, resolve } from 'node:path';
import { type Given, hint } from '@simclr/command-line';
import { UserError } from '@simclr/stage';
import type { EVALUATE } from './usage.ts';

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
 * @param given what follows the command
 * @param next ends an error: what says more
 * @param from where paths are meant from
 * @param known names of all datasets
 * @throws UserError one line
 */
export function whatIsAsked(
  { options: { encoder: paths = [], datasets, data, name, repacked, ...values } }: Given<typeof EVALUATE>,
  next: string,
  { from, known }: { from: string; known: readonly string[] },
): EvaluateArguments {
  if (!paths.length) throw new UserError(`missing --encoder: a file or a folder. ${next}`);
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
    repacked: repacked === true,
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
