/**
 * A pretrained encoder for other programs: ONNX, or a SavedModel where the target does not end in `.onnx`. Or a dataset of the stage
 * `ingest`, as Parquet.
 *
 *     node tools/export/src/main.ts <encoder folder> <file.onnx | folder>
 *     node tools/export/src/main.ts <dataset folder> <folder>
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runTool } from '@simclr/command-line';
import { exportDataset } from './export-dataset.ts';
import { EXPORT } from './usage.ts';

await runTool('export', EXPORT, async ({ names }) => {
  const [folder, target] = names as [string, string];
  // npm runs scripts at the root of the repository; paths are meant from where it was called.
  const from = process.env.INIT_CWD ?? process.cwd();
  const [source, to] = [resolve(from, folder), resolve(from, target.replace(/\/+$/, ''))];
  if (existsSync(join(source, 'dataset.json'))) {
    const rows = Object.entries(await exportDataset(source, to)).map(([split, n]) => `${n} ${split}`);
    console.log(`${target}: ${rows.join(', ')} images, Parquet`);
    return;
  }
  // A dataset is written without waiting for TensorFlow.
  const { exportEncoder } = await import('./export-encoder.ts');
  const { featureDim } = await import('@simclr/nn');
  const { inputShape, network } = (await exportEncoder(source, to)).reference.args;
  console.log(
    `${target}: images [n, ${inputShape.join(', ')}] in [0, 1] → features [n, ${featureDim(network)}], float32`,
  );
});
