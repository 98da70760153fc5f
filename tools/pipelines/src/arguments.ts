import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UserError } from '@simclr/stage';

interface Command {
  /** What follows its name: all of it needed, but what is in brackets; … may be there many times. */
  names: string[];
  options?: ParseArgsConfig['options'];
}

/** What the command line accepts; the last three are called by Nx and DVC. */
const COMMANDS: Record<string, Command> = {
  run: {
    names: ['<pipeline>', '[stage…]'],
    options: { force: { type: 'string', multiple: true }, register: { type: 'boolean' }, json: { type: 'boolean' } },
  },
  'dry-run': { names: ['<pipeline>', '[stage…]'] },
  accept: { names: ['<pipeline>', '<stage>', '[stage…]'], options: { reason: { type: 'string' } } },
  sync: { names: [], options: { check: { type: 'boolean' } } },
  mlflow: { names: ['start|stop|sync'] },
  task: { names: ['<pipeline>', '<task>'] },
  exec: { names: ['<pipeline>', '<task>'] },
  'own-data': { names: ['<pipeline>', '[task]'] },
};

export const usage =
  'usage: run <pipeline> [stage…] [--force stage] [--register] [--json] | dry-run <pipeline> [stage…] | ' +
  'accept <pipeline> <stage> [stage…] --reason text | sync [--check] | mlflow start|stop|sync';

export interface Arguments {
  command: string;
  names: string[];
  /** Stages that `run` is to make anew. */
  force: string[];
  check: boolean;
  /** Whether `run` registers the encoders as versions of a model. */
  register: boolean;
  /** Whether `run` says its outcome as JSON. */
  json: boolean;
  /** Why `accept` may. */
  reason: string | undefined;
}

type Values = Partial<Pick<Arguments, 'force' | 'check' | 'register' | 'json' | 'reason'>>;

/** Reads a command line. Throws a one-line UserError for anything that no command takes. */
export function readArguments([command, ...rest]: string[]): Arguments {
  const known = command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!known) throw new UserError(`unknown command: ${command ?? 'none'}. ${usage}`);
  const { positionals: names, values } = parse(rest, known.options ?? {});
  const [missing] = known.names.slice(names.length).filter((name) => !name.startsWith('['));
  if (missing) throw new UserError(`missing ${missing.replace(/[<>]/g, '')}. ${usage}`);
  const many = known.names.at(-1)?.endsWith('…]');
  const surplus = names[known.names.length];
  if (surplus !== undefined && !many) throw new UserError(`unknown argument: ${surplus}. ${usage}`);
  const alternatives = known.names[0]?.split('|') ?? [];
  if (alternatives.length > 1 && !alternatives.includes(names[0]!)) {
    throw new UserError(`unknown argument: ${names[0]}. must be one of: ${alternatives.join(', ')}`);
  }
  if (values.force && [values.force].flat().includes('')) throw new UserError(`missing stage: --force. ${usage}`);
  const { force, check, register, json, reason } = values as Values;
  if (known.options?.reason && !reason?.trim()) throw new UserError(`missing text: --reason. ${usage}`);
  return {
    command: command!,
    names,
    force: force ?? [],
    check: check ?? false,
    register: register ?? false,
    json: json ?? false,
    reason: reason?.trim(),
  };
}

function parse(args: string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    const [said] = (error as Error).message.split(/[.\n]/);
    throw new UserError(`${said!.charAt(0).toLowerCase()}${said!.slice(1)}. ${usage}`);
  }
}
