#!/usr/bin/env node
// simclr-mlflow sync DIR: sends what is left in the journals below a folder to the server at MLFLOW_TRACKING_URI.
import { statSync } from 'node:fs';
import { createClient } from './client.ts';
import { syncJournals } from './sync.ts';

const USAGE = 'simclr-mlflow sync DIR, with MLFLOW_TRACKING_URI=http://host:port';

async function main([command, dir, ...more]: string[]): Promise<string> {
  if (command !== 'sync') throw new Error(`${command ? `unknown command: ${command}` : 'missing command'}. ${USAGE}`);
  if (dir === undefined || more.length > 0) throw new Error(`missing folder of journals. ${USAGE}`);
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`no such folder: ${dir}. ${USAGE}`);
  const client = createClient();
  const { journals, unsent, orphans, problems } = await syncJournals(dir, client);
  for (const { dir: where, line } of problems) console.error(`${where}: ${line}`);
  if (unsent > 0) throw new Error(`not all sent: ${unsent} of ${journals} journals have more. try again`);
  const left = orphans ? `, ${orphans} without the run above` : '';
  return `${client.trackingUri} has all of ${journals} journals${left}`;
}

try {
  console.log(await main(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
