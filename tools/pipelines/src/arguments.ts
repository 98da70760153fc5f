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
    options: {
      force: { type: 'string', multiple: true },
      from: { type: 'string', multiple: true },
      jobs: { type: 'string' },
      register: { type: 'boolean' },
      json: { type: 'boolean' },
    },
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
  'usage: run <pipeline> [stage…] [--force stage] [--from stage] [--jobs 2] [--register] [--json] | dry-run <pipeline> [stage…] | ' +
  'accept <pipeline> <stage> [stage…] --reason text | sync [--check] | mlflow start|stop|sync';

export interface Arguments {
  command: string;
  names: string[];
  /** Stages that `run` is to make anew. */
  force: string[];
  /** Stages that `run` is to make anew with all that follows them. */
  from: string[];
  /** How many tasks `run` may have at work at once. */
  jobs: number | undefined;
  check: boolean;
  /** Whether `run` registers the encoders as versions of a model. */
  register: boolean;
  /** Whether `run` says its outcome as JSON. */
  json: boolean;
  /** Why `accept` may. */
  reason: string | undefined;
}

type Values = { jobs?: string } & Partial<Pick<Arguments, 'force' | 'from' | 'check' | 'register' | 'json' | 'reason'>>;

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
  const { force, from, jobs, check, register, json, reason } = values as Values;
  for (const [option, stages] of Object.entries({ force, from }))
    if (stages?.includes('')) throw new UserError(`missing stage: --${option}. ${usage}`);
  if (jobs !== undefined && !/^[1-9]\d{0,3}$/.test(jobs))
    throw new UserError(`invalid number: --jobs ${jobs}. expected 1 or more. ${usage}`);
  if (known.options?.reason && !reason?.trim()) throw new UserError(`missing text: --reason. ${usage}`);
  return {
    command: command!,
    names,
    force: force ?? [],
    from: from ?? [],
    jobs: jobs === undefined ? undefined : Number(jobs),
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
