import { join } from 'node:path';
import { sendJournals, stopServer } from '@simclr/mlflow';
import { UserError } from '@simclr/stage';
import { pipelineNames } from '../definition/pipeline.ts';
import { print } from '../launch/console.ts';
import { keysAtWork } from '../launch/job-folder.ts';
import { isOpen, readSessions, readStatuses, running } from '../launch/session.ts';
import { allJournals, endLeft, mlflowLine } from './journals.ts';
import { openServer, serverFolder } from './mlflow-server.ts';

const START_MS = 120_000;

const commands: Record<string, (root: string) => Promise<void>> = {
  /** Starts our server if it does not run and no other is named, and waits until it answers. */
  async start(root) {
    const server = await openServer(root);
    print(`mlflow: waiting for ${server.uri}`);
    await server.ready(START_MS);
    print(`mlflow: ${server.uri}`);
  },
  async stop(root) {
    print((await stopServer(serverFolder(root))) ? 'mlflow: stopped' : 'mlflow: was not running');
  },
  /** Sends what the journals hold and the server does not. Runs that a kill left open are ended first. */
  async sync(root) {
    for (const name of pipelineNames(root)) await endKilled(root, name);
    const server = await openServer(root);
    await server.ready(START_MS);
    const { journals, unsent, orphans, problems } = await sendJournals(allJournals(root), server.client);
    for (const { line } of problems) print(`mlflow: not taken: ${line}`);
    if (unsent) throw new UserError(`not all sent: ${unsent} of ${journals} journals have more. try again`);
    print(`mlflow: ${server.uri} has all ${journals} journals${orphans ? `, ${orphans} without the run above` : ''}`);
  },
};

async function endKilled(root: string, pipeline: string): Promise<void> {
  const out = join(root, 'pipelines', pipeline, 'out');
  const sessions = readSessions(out);
  const atWork = sessions.some(isOpen) || (await running(sessions.flatMap(readStatuses))).length > 0;
  if (!atWork) endLeft(root, pipeline, await keysAtWork(out));
}

/** `mlflow start`, `mlflow stop`, `mlflow sync`. Throws a UserError for another word, and where the server fails. */
export async function runMlflowCommand(root: string, word: string | undefined): Promise<void> {
  const command = commands[word ?? ''];
  if (!command)
    throw new UserError(`unknown command: mlflow ${word ?? ''}. must be one of: ${Object.keys(commands).join(', ')}`);
  try {
    await command(root);
  } catch (error) {
    throw new UserError(mlflowLine(error));
  }
}
