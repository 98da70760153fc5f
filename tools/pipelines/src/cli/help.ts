import { columns, helpOf } from '@simclr/command-line';
import { type CommandName, commandNames, commandOf } from './commands.ts';

const asSimclr = (words: string) => `npx simclr ${words}`;

/** All commands for people, a line each. */
export function helpOfAll(): string {
  const rows = commandNames.map((name) => {
    const { names, says } = commandOf(name)!;
    return [[name, ...names].join(' '), says] as const;
  });
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
export const helpOfOne = (name: CommandName): string => helpOf(name, commandOf(name)!, asSimclr);
