import { parseArgs } from 'node:util';
import { UserError } from '@simclr/stage';
import type { Command, Given, Option } from './command.ts';
import { bare } from './help.ts';
import { hint } from './nearest.ts';

/**
 * Reads what follows a command.
 *
 * @param next ends each error: what says more
 * @param of what an unknown option is told to be of
 * @throws UserError one line, for what the command does not take, and what it lacks
 */
export function readCommand<const C extends Command>(
  args: string[],
  command: C,
  { next, of = '' }: { next: string; of?: string },
): Given<C> {
  const options: Record<string, Option> = command.options ?? {};
  const types = Object.entries(options).map(([key, { value, many }]) => {
    return [key, { type: value ? ('string' as const) : ('boolean' as const), multiple: many ?? false }] as const;
  });
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries(types),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const names: string[] = [];
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') names.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const found = hint(token.name, Object.keys(options)).replace('nearest: ', 'nearest: --');
      throw new UserError(`unknown option: ${token.rawName}${of}. ${found}${next}`);
    }
    const value = valueGiven(option, token, next);
    values[token.name] = option.many ? [...((values[token.name] as string[] | undefined) ?? []), value] : value;
  }
  requireNames(command, names, next);
  return { names, options: values as Given<C>['options'] };
}

interface Token {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
}

function valueGiven(option: Option, token: Token, next: string): string | true {
  if (!option.value) {
    if (token.value === undefined) return true;
    throw new UserError(`unknown value: ${token.rawName}=${token.value}. nothing follows --${token.name}. ${next}`);
  }
  // Another option in the place of a value is a value that was forgotten.
  if (!token.value?.trim() || (!token.inlineValue && token.value.startsWith('--')))
    throw new UserError(`missing ${bare(option.value)}: --${token.name}. ${next}`);
  return token.value.trim();
}

function requireNames(command: Command, names: string[], next: string): void {
  const missing = command.names.slice(names.length).find((each) => !each.startsWith('['));
  if (missing) throw new UserError(`missing ${bare(missing)}. ${next}`);
  const surplus = names[command.names.length];
  if (surplus !== undefined && !command.names.at(-1)?.includes('…'))
    throw new UserError(`unknown argument: ${surplus}. ${next}`);
}
