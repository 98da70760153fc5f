// What `npm test` runs after set-up: types, lint and format, unused code, every test. Ends with a plain line 'N passed, N failed'.
import { readFileSync, rmSync } from 'node:fs';
import { foreground } from './command.mjs';
import { ROOT } from './paths.mjs';

const BIN = `${ROOT}/node_modules/.bin`;
const results = `${ROOT}/.cache/vitest-${process.pid}.json`;

/** @param {string} name @param {string[]} args */
const run = (name, args) => foreground(`${BIN}/${name}`, args);
console.log('types, lint and format, unused code, pipelines');
const [types, lint, unused, production, pipelines] = await Promise.all([
  run('tsc', ['--noEmit', '-p', '.']),
  run('biome', ['ci', '.']),
  run('knip', ['--no-tag-hints']),
  run('knip', ['--production', '--no-tag-hints']),
  foreground(process.execPath, ['tools/pipelines/src/main.ts', 'sync', '--check']),
]);
console.log('tests');
const only = process.argv.slice(2);
const tests = await run('vitest', [
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
  // A process of tests that was killed is in no list, nor are its tests.
  if (tests !== 0 && failed === 0) {
    console.error('vitest failed, though no test did');
    failed = 1;
  }
} catch {
  console.error('vitest wrote no results');
  failed = 1;
}
for (const [name, code] of Object.entries({ types, lint, unused: unused || production, pipelines })) {
  console.log(`${name}: ${code === 0 ? 'ok' : 'failed'}`);
  if (code === 0) passed++;
  else failed++;
}
if (skipped > 0) console.log(`skipped: ${skipped} tests, whose files say what they need`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
