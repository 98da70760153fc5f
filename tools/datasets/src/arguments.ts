import { existsSync } from 'node:fs';
import { type Given, hint, pathOf } from '@simclr/command-line';
import { UserError } from '@simclr/stage';
import { publishedOf } from './official.ts';
import type { DATASETS_COMMAND } from './usage.ts';

/** What the command is asked. */
export interface Asked {
  command: 'list' | 'check';
  /** Datasets by name; folders or archives by path. */
  targets: string[];
  from: string[];
  against?: string | undefined;
  repacked: boolean;
  sheet?: string | undefined;
  json: boolean;
}

/**
 * @param next ends an error: the command that says more
 * @throws UserError that says what is allowed
 */
export function whatIsAsked({ names, options }: Given<typeof DATASETS_COMMAND>, next: string): Asked {
  const [command = 'list', ...targets] = names;
  if (command !== 'list' && command !== 'check')
    throw new UserError(`unknown command: ${command}. ${wayOut(command)}${next}`);
  if (command === 'list' && targets.length > 0)
    throw new UserError(`too many arguments: ${targets.join(' ')}. ${next}`);
  if (command === 'check' && targets.length === 0)
    throw new UserError(`nothing to check: no dataset is named. ${next}`);
  const { from = [], repacked = false, json = false, against, sheet } = options;
  const lost = from.map(pathOf).find((folder) => !existsSync(folder));
  if (lost !== undefined) throw new UserError(`missing folder: ${lost}, of --from. ${next}`);
  return { command, targets, from, repacked, json, against, sheet };
}

/** What was meant: a dataset or a folder is checked. */
const wayOut = (word: string): string =>
  publishedOf(word) || existsSync(pathOf(word))
    ? `to look at it: npm run datasets -- check ${word}. `
    : hint(word, ['check']);
