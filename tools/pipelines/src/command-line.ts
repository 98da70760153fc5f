import { join } from 'node:path';
import { adoptEnvironment } from '@simclr/bootstrap/environment';
import { UserError } from '@simclr/stage';
import { type Arguments, readArguments } from './cli/arguments.ts';
import { helpOfAll, helpOfOne } from './cli/help.ts';
import { runCommand } from './cli/run-command.ts';
import { findRoot, openWorkspace } from './definition/workspace.ts';
import { stageConsole } from './launch/console.ts';
import { currentSession } from './launch/session.ts';

const ours = findRoot(import.meta.dirname);

/** @returns the exit code; of another tool's, none: it ends by itself */
async function main(asked: Arguments): Promise<number | undefined> {
  if (asked.kind === 'help') {
    process.stdout.write(asked.command ? helpOfOne(asked.command) : helpOfAll());
    return 0;
  }
  if (asked.kind === 'tool') {
    const file = join(ours, 'tools', asked.folder, 'src/main.ts');
    process.argv = [process.execPath, file, ...asked.args];
    await import(file);
    return undefined;
  }
  return runCommand(openWorkspace(findRoot(process.cwd())), asked.command, asked.names, asked.options);
}

// Who reads our output may be gone (`| head`): the work goes on.
process.stdout.on('error', () => {});

let code: number | undefined = 1;
const [command, , task] = process.argv.slice(2);
try {
  adoptEnvironment(ours);
  code = await main(readArguments(process.argv.slice(2)));
} catch (error) {
  const where = command === 'exec' || command === 'task' ? `${task}: failed: ` : '';
  const text = error instanceof UserError ? error.message : `${where}${(error as Error).stack ?? error}`;
  const session = currentSession();
  if (session) stageConsole(session).write(`${text}\n`);
  else process.stderr.write(`${text}\n`);
}
// A stage may leave worker threads or sockets open; what it made is on the disk.
if (code !== undefined) process.exit(code);
