/**
 * Table 8 for one encoder, ours or anyone's, on the datasets that are there.
 *
 *     node tools/evaluate/src/main.ts --encoder encoder.onnx --preprocess 'centercrop(to=224)|normalize(imagenet)' --data archives
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@simclr/stage';
import { readArguments } from './arguments.ts';
import { resultTable } from './table.ts';
import { writePipeline } from './write-pipeline.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Calls the tool of pipelines. @returns its exit code */
function pipelines(args: string[], data: string | undefined, quiet = false): number {
  const env = { ...process.env, ...(data !== undefined && { SIMCLR_ARCHIVES: data }) };
  const main = join(root, 'tools/pipelines/src/main.ts');
  const stdio = ['inherit', quiet ? 'ignore' : 'inherit', 'inherit'] as const;
  return spawnSync(process.execPath, [main, ...args], { cwd: root, env, stdio: [...stdio] }).status ?? 1;
}

/** @returns the exit code */
function main(args: string[]): number {
  // npm runs scripts at the root of the repository; paths are meant from where it was called.
  const wanted = readArguments(args, process.env.INIT_CWD ?? process.cwd());
  if (!existsSync(wanted.encoder)) throw new UserError(`missing encoder: ${wanted.encoder}`);
  if (wanted.data !== undefined && !existsSync(wanted.data)) throw new UserError(`missing folder: ${wanted.data}`);
  const pipeline = writePipeline(root, wanted);
  const code = pipelines(['sync'], wanted.data, true) || pipelines(['run', pipeline], wanted.data);
  if (code === 0) console.log(`\n${resultTable(join(root, 'pipelines', pipeline, 'out'), wanted.datasets)}`);
  return code;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
}
