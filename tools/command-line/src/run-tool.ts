import { UserError } from '@simclr/stage';
import type { Command, Given } from './command.ts';
import { asksHelp, helpOf, npmRun } from './help.ts';
import { readCommand } from './read-command.ts';

/**
 * What a tool's `main.ts` does: prints its help where that is asked for, or does what it is given. A mistake of the user's is
 * a line on standard error, and exit code 1.
 *
 * @param name of its script in package.json
 * @param does gets what was given, and the command that says more, to end an error with
 */
export async function runTool<const C extends Command>(
  name: string,
  command: C,
  does: (given: Given<C>, next: string) => unknown,
): Promise<void> {
  const args = process.argv.slice(2);
  const next = npmRun(`${name} --help`);
  try {
    if (asksHelp(args)) process.stdout.write(helpOf(name, command));
    else await does(readCommand(args, command, { next }), next);
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    process.exitCode = 1;
  }
}
