// npm run bench -- NAME: measures ours against its peers in one run, prints a table, writes bench/NAME.json.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeJson } from '@simclr/stage';
import type { Bench } from './bench.ts';
import { dag } from './benches/dag.ts';
import { features } from './benches/features.ts';
import { ingest } from './benches/ingest.ts';
import { pretrain } from './benches/pretrain.ts';
import { probe } from './benches/probe.ts';
import { scale } from './benches/scale.ts';
import { tracking } from './benches/tracking.ts';
import { trainStep } from './benches/train-step.ts';
import { views } from './benches/views.ts';
import { describeHere } from './machine.ts';
import { RESULTS } from './paths.ts';
import { table } from './table.ts';

const BENCHES: readonly Bench[] = [trainStep, pretrain, views, probe, features, ingest, tracking, dag, scale];

async function main(name: string | undefined): Promise<void> {
  const bench = BENCHES.find((known) => known.name === name);
  if (!bench) {
    const list = BENCHES.map((known) => `\n  npm run bench -- ${known.name.padEnd(12)} ${known.about}`).join('');
    throw new UserError(`${name === undefined ? 'missing benchmark' : `unknown benchmark: ${name}`}. allowed:${list}`);
  }
  const machine = describeHere();
  console.log(`${machine}\n`);
  const rows = await bench.run((line) => console.log(line));
  if (rows.length === 0) return;
  console.log(`\n${table(rows)}\n`);
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, `${bench.name}.json`);
  writeJson(
    path,
    rows.map((row) => ({ ...row, machine })),
  );
  console.log(`written: ${path}`);
}

try {
  await main(process.argv[2]);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
