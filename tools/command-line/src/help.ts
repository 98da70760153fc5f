import type { Command } from './command.ts';

/** As `npm run` calls a tool, by its words: `import a b`. */
export const npmRun = (words: string): string => ['npm', 'run', words.replace(/ |$/, ' -- ').trimEnd()].join(' ');

/** Whether a command line asks for help. What comes after `--` are words. */
export function asksHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}

/** One command: how it is called, what it does, its options, an example. @param call how, by its words */
export function helpOf(name: string, command: Command, call: (words: string) => string = npmRun): string {
  const options = Object.entries(command.options ?? {}).map(
    ([key, { value, many, says }]) => [`--${key}${value ? ` ${value}` : ''}${many ? ' …' : ''}`, says] as const,
  );
  return [
    call([name, ...command.names, ...(options.length ? ['[options]'] : [])].join(' ')),
    '',
    `  ${command.says}`,
    ...(options.length ? ['', ...columns(options)] : []),
    ...(command.example ? ['', `  ${call(command.example)}`] : []),
    '',
  ].join('\n');
}

/** Two columns, indented. */
export function columns(rows: (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}

/** What is missing where nothing stands for `<name…>`. */
export const bare = (name: string): string => name.replace(/[<>…]/g, '');
