/**
 * Published datasets on this machine, and a doctor for them that works offline.
 *
 *     node tools/datasets/src/main.ts
 *     node tools/datasets/src/main.ts check <name or folder>
 */
import { join } from 'node:path';
import { pathOf, runTool } from '@simclr/command-line';
import { REPOSITORY } from '@simclr/ingest';
import { type Asked, whatIsAsked } from './arguments.ts';
import { Checksums } from './checksums.ts';
import { lineOf } from './finding.ts';
import { placesOf } from './locate.ts';
import { publishedOf } from './official.ts';
import { type CheckOptions, type Report, runCheck } from './run-check.ts';
import { statusOf } from './status.ts';
import { tableOf } from './table.ts';
import { writeSheet } from './twin-sheet.ts';
import { DATASETS_COMMAND } from './usage.ts';

const targetOf = (target: string) => (publishedOf(target) ? target : pathOf(target));

async function main(asked: Asked): Promise<void> {
  const places = placesOf(asked.from.map(pathOf));
  const checksums = new Checksums(join(REPOSITORY, '.cache/datasets'));
  if (asked.command === 'list') {
    const all = await statusOf(places, checksums);
    console.log(asked.json ? JSON.stringify(all, null, 2) : tableOf(all).join('\n'));
    return;
  }
  const reports = await runCheck({
    targets: asked.targets.map(targetOf),
    ...(asked.against !== undefined && { against: targetOf(asked.against) }),
    repacked: asked.repacked,
    places,
    checksums,
    told: counting(),
  });
  if (asked.sheet) await writeSheet(pathOf(asked.sheet), reports);
  print(reports, asked);
  if (reports.some(({ findings }) => findings.some(({ severity }) => severity === 'error'))) process.exitCode = 1;
}

function print(reports: readonly Report[], { json }: Asked): void {
  if (json) {
    const plain = reports.map(({ subject: _, against: __, ...report }) => report);
    console.log(JSON.stringify(plain, null, 2));
    return;
  }
  for (const { name, where, images, seconds, findings } of reports) {
    for (const finding of findings) console.log(lineOf(finding));
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    const found = errors === 0 ? 'nothing wrong' : `${errors} found`;
    console.log(`${name} (${where}), ${images.toLocaleString('en-US')} images in ${seconds.toFixed(1)} s: ${found}`);
  }
}

/** Says how far it is, every ten seconds. */
function counting(): NonNullable<CheckOptions['told']> {
  let last = performance.now();
  return (name, images, what) => {
    if (performance.now() - last < 10_000) return;
    last = performance.now();
    console.error(`${name}: ${images.toLocaleString('en-US')} images ${what}`);
  };
}

await runTool('datasets', DATASETS_COMMAND, (given, next) => main(whatIsAsked(given, next)));
