import { parseArgs } from 'node:util';
import { UserError } from '@simclr/stage';

const usage = `usage: npm run datasets [-- --json]
       npm run datasets -- check <name or folder …> [--from <folder>] [--against <name or folder>]
                           [--repacked] [--sheet <file.png>] [--json]`;

/** What the command is asked. */
export interface Asked {
  command: 'list' | 'check';
  /** Datasets by name; folders or archives by path. */
  targets: string[];
  from: string[];
  against?: string;
  repacked: boolean;
  sheet?: string;
  json: boolean;
}

/** @throws UserError that says what is allowed */
export function parseArguments(args: string[]): Asked {
  const parsed = (() => {
    try {
      return parseArgs({
        args,
        allowPositionals: true,
        options: {
          from: { type: 'string', multiple: true, default: [] },
          against: { type: 'string' },
          repacked: { type: 'boolean', default: false },
          sheet: { type: 'string' },
          json: { type: 'boolean', default: false },
        },
      });
    } catch (error) {
      throw new UserError(`invalid argument: ${(error as Error).message.split('\n')[0]}. ${usage}`);
    }
  })();
  const [command = 'list', ...targets] = parsed.positionals;
  if (command !== 'list' && command !== 'check') throw new UserError(`unknown command: ${command}. ${usage}`);
  if (command === 'list' && targets.length > 0)
    throw new UserError(`too many arguments: ${targets.join(' ')}. ${usage}`);
  if (command === 'check' && targets.length === 0)
    throw new UserError(`nothing to check: no dataset is named. ${usage}`);
  return { command, targets, ...parsed.values };
}
