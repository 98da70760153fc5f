import type { Command } from './launcher.ts';

/**
 * A shell script that becomes one of a batch's commands, by its index. It leaves the shell by `exec`: a signal has to
 * reach the program.
 *
 * @param variable which has the index; 0 where there is no such
 */
export function batchScript(commands: readonly Command[], variable: string): string {
  const cases = commands.map(({ program, args, env }, i) => {
    const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}; `);
    return `${i}) ${variables.join('')}exec ${[program, ...args].map(quoted).join(' ')};;\n`;
  });
  return `#!/bin/sh\ncase \${${variable}:-0} in\n${cases.join('')}esac\n`;
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
