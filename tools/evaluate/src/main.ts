/**
 * Table 8 for encoders, ours or anyone's, on the datasets that are there; the others are named.
 *
 *     node tools/evaluate/src/main.ts --encoder encoder.onnx --preprocess 'centercrop(to=224)|normalize(imagenet)' --data archives
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from '@simclr/command-line';
import { DATASETS } from '@simclr/ingest';
import { UserError } from '@simclr/stage';
import { EXIT_INTERRUPTED } from '../../pipelines/src/launch/stop-signals.ts';
import { type EvaluateArguments, whatIsAsked } from './arguments.ts';
import { EVALUATE } from './usage.ts';
import { writePipeline } from './write-pipeline.ts';

// A terminal sends it to what was called here too, which answers it.
let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Calls the tool of pipelines, and waits until it has ended: signals are its own to answer.
 * @param quiet whether its standard output is dropped, or all that it says
 * @returns its exit code
 */
function pipelines(args: string[], data: string | undefined, quiet?: 'output' | 'all'): Promise<number> {
  const env = { ...process.env, ...(data !== undefined && { SIMCLR_ARCHIVES: data }) };
  const main = join(root, 'tools/pipelines/src/main.ts');
  const stdio = ['inherit', quiet ? 'ignore' : 'inherit', quiet === 'all' ? 'ignore' : 'inherit'] as const;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: root, env, stdio: [...stdio] });
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
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
  await pipelines(['sync'], wanted.data, 'all');
  if (interrupted) return EXIT_INTERRUPTED;
  return pipelines(['run', pipeline], wanted.data);
}

await runTool('evaluate', EVALUATE, async (given, next) => {
  // npm runs scripts at the root of the repository; paths are meant from where it was called.
  const from = process.env.INIT_CWD ?? process.cwd();
  process.exitCode = await main(whatIsAsked(given, next, { from, known: Object.keys(DATASETS) }));
});
