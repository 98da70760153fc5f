import { asksHelp, hint, readCommand } from '@simclr/command-line';
import { UserError } from '@simclr/stage';
import { type Command, type CommandName, commandNames, commandOf, wordsOf } from './commands.ts';

/** Values of options by name; an option of another command is absent. */
export interface Options {
  /** Stages that `run` is to make anew. */
  force?: string[];
  /** Values for the config, `pretrain.epochs=5`. */
  set?: string[];
  /** Stages that `run` is to make anew with all that follows them. */
  from?: string[];
  /** Whether `run` runs nothing but the stages named. */
  only?: boolean;
  /** How many tasks `run` may have at work at once. */
  jobs?: number;
  check?: boolean;
  /** Whether `run` registers the encoders as versions of a model. */
  register?: boolean;
  json?: boolean;
  /** Whether `pull` brings all data. */
  data?: boolean;
  /** The file that `status` writes. */
  page?: string;
  /** Whether `gc` removes what it has found. */
  yes?: boolean;
  /** Why `accept` may. */
  reason?: string;
}

export type Arguments =
  | { kind: 'help'; command?: CommandName }
  | { kind: 'tool'; folder: string; args: string[] }
  | { kind: 'command'; command: CommandName; names: string[]; options: Options };

const isHelp = (word: string | undefined) => word === '--help' || word === '-h' || word === 'help';

/** Reads a command line. Throws a one-line UserError for anything that no command takes. */
export function readArguments([first, ...rest]: string[]): Arguments {
  if (first === undefined) throw new UserError('missing command. npx simclr --help lists them');
  if (isHelp(first)) return rest[0] === undefined ? { kind: 'help' } : { kind: 'help', command: known(rest[0]) };
  const name = known(first);
  const command = commandOf(name)!;
  if (asksHelp(rest)) return { kind: 'help', command: name };
  if (command.tool) return { kind: 'tool', folder: command.tool.folder, args: [...command.tool.args, ...rest] };
  const { names, options } = readCommand(rest, command, { next: usageOf(name, command), of: ` of ${name}` });
  return { kind: 'command', command: name, names, options: checked(name, command, names, options) };
}

function known(name: string): CommandName {
  if (commandOf(name)) return name as CommandName;
  throw new UserError(`unknown command: ${name}. ${hint(name, commandNames)}npx simclr --help lists all`);
}

/** How a command is called, and where it says more. */
function usageOf(name: string, { names, options = {} }: Command): string {
  const some = Object.entries(options).map(([key, { value }]) => `[--${key}${value ? ` ${value}` : ''}]`);
  return `usage: ${[name, ...names, ...some].join(' ')}`;
}

function checked(name: string, command: Command, names: string[], options: Options): Options {
  const usage = usageOf(name, command);
  const allowed = wordsOf(command.names[0] ?? '');
  if (allowed.length && !allowed.includes(names[0]!))
    throw new UserError(`unknown argument: ${names[0]}. must be one of: ${allowed.join(', ')}`);
  const { jobs } = options as { jobs?: string };
  if (jobs !== undefined && !/^[1-9]\d{0,3}$/.test(jobs))
    throw new UserError(`invalid number: --jobs ${jobs}. expected 1 or more. ${usage}`);
  if (command.options?.reason && !options.reason) throw new UserError(`missing text: --reason. ${usage}`);
  return jobs === undefined ? options : { ...options, jobs: Number(jobs) };
}
