/**
 * Table 8 for encoders, ours or anyone's, on the datasets that are there; the others are named.
 *
 *     node tools/evaluate/src/main.ts --encoder encoder.onnx --preprocess 'centercrop(to=224)|normalize(imagenet)' --data archives
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foreground } from '@simclr/bootstrap/command';
import { pathOf, runTool } from '@simclr/command-line';
import { DATASETS } from '@simclr/ingest';
import { UserError } from '@simclr/stage';
import { type EvaluateArguments, whatIsAsked } from './arguments.ts';
import { EVALUATE } from './usage.ts';
import { writePipeline } from './write-pipeline.ts';

/** Exit codes from here on are those of a program that a signal ended. */
const SIGNALLED = 128;

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Calls the tool of pipelines, and waits until it has ended: signals are its own to answer.
 * @param quiet whether its standard output is dropped, or all that it says
 * @returns its exit code
 */
function pipelines(args: string[], data: string | undefined, quiet?: 'output' | 'all'): Promise<number> {
  const main = join(root, 'tools/pipelines/src/main.ts');
  const env = data === undefined ? {} : { SIMCLR_ARCHIVES: data };
  const [output, errors] = [quiet ? 'ignore' : 'inherit', quiet === 'all' ? 'ignore' : 'inherit'] as const;
  return foreground(process.execPath, [main, ...args], env, ['inherit', output, errors]);
}

/** @returns the exit code */
async function main(wanted: EvaluateArguments): Promise<number> {
  for (const path of Object.values(wanted.encoders))
    if (!existsSync(path)) throw new UserError(`missing encoder: ${path}`);
  if (wanted.data !== undefined && !existsSync(wanted.data)) throw new UserError(`missing folder: ${wanted.data}`);
  const { pipeline, undo } = writePipeline(root, wanted);
  const refused = await pipelines(['dry-run', pipeline], wanted.data, 'output');
  if (refused) {
    undo();
    return refused;
  }
  // For those who keep the pipeline. One of somebody else's that is wrong is no reason not to run this one.
  const synced = await pipelines(['sync'], wanted.data, 'all');
  if (synced >= SIGNALLED) return synced;
  return pipelines(['run', pipeline], wanted.data);
}

await runTool('evaluate', EVALUATE, async (given, next) => {
  process.exitCode = await main(whatIsAsked(given, next, { from: pathOf('.'), known: Object.keys(DATASETS) }));
});
