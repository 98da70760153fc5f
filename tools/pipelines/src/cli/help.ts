import { type Command, type CommandName, commandNames, commandOf } from './commands.ts';

/** All commands for people, a line each. */
export function helpOfAll(): string {
  const rows = commandNames.map((name) => [call(name, commandOf(name)!), commandOf(name)!.says] as const);
  return [
    'npx simclr <command>: SimCLR as pipelines. npm run pipeline -- <command> is the same',
    '',
    ...columns(rows),
    '',
    'npx simclr <command> --help says its options, with an example',
    '',
  ].join('\n');
}

/** One command: how it is called, its options, an example. */
export function helpOf(name: CommandName): string {
  const command = commandOf(name)!;
  const options = Object.entries(command.options ?? {}).map(
    ([key, { value, many, says }]) => [`--${key}${value ? ` ${value}` : ''}${many ? ' …' : ''}`, says] as const,
  );
  return [
    `npx simclr ${call(name, command)}${options.length ? ' [options]' : ''}`,
    '',
    `  ${command.says}`,
    ...(options.length ? ['', ...columns(options)] : []),
    ...(command.example ? ['', `  npx simclr ${command.example}`] : []),
    '',
  ].join('\n');
}

const call = (name: string, { names }: Command) => [name, ...names].join(' ');

function columns(rows: (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}
