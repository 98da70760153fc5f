// What `npm test` runs after set-up: types, lint and format, unused code, every test. Ends with a plain line 'N passed, N failed'.
import { readFileSync, rmSync } from 'node:fs';
import { foreground } from './command.mjs';
import { ROOT } from './paths.mjs';

const BIN = `${ROOT}/node_modules/.bin`;
const results = `${ROOT}/.cache/vitest-${process.pid}.json`;

console.log('types');
const types = await foreground(`${BIN}/tsc`, ['--noEmit', '-p', '.']);
console.log('lint and format');
const lint = await foreground(`${BIN}/biome`, ['ci', '.']);
console.log('unused code');
const unused =
  (await foreground(`${BIN}/knip`, ['--no-tag-hints'])) ||
  (await foreground(`${BIN}/knip`, ['--production', '--no-tag-hints']));
console.log('pipelines');
const pipelines = await foreground(process.execPath, ['tools/pipelines/src/main.ts', 'sync', '--check']);
console.log('tests');
const only = process.argv.slice(2);
await foreground(`${BIN}/vitest`, [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...only,
]);

let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  rmSync(results);
  passed = report.numPassedTests;
  skipped = report.numPendingTests + (report.numTodoTests ?? 0);
  // A file that does not load has no tests to fail.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  failed = report.numFailedTests + broken.length;
} catch {
  console.error('vitest wrote no results');
  failed = 1;
}
for (const [name, code] of Object.entries({ types, lint, unused, pipelines })) {
  console.log(`${name}: ${code === 0 ? 'ok' : 'failed'}`);
  if (code === 0) passed++;
  else failed++;
}
if (skipped > 0) console.log(`skipped: ${skipped} tests, whose files say what they need`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
