/**
 * A pretrained encoder for other programs: ONNX, or a SavedModel where the target does not end in `.onnx`. Or a dataset of the stage
 * `ingest`, as Parquet.
 *
 *     node tools/export/src/main.ts <encoder folder> <file.onnx | folder>
 *     node tools/export/src/main.ts <dataset folder> <folder>
 */
import { existsSync } from 'node:fs';
import { pathOf, quietly, runTool } from '@simclr/command-line';
import { UserError } from '@simclr/stage';
import { exportDataset } from './export-dataset.ts';
import { findSource } from './find-source.ts';
import { EXPORT } from './usage.ts';

await runTool('export', EXPORT, async ({ names }) => {
  const [folder, target] = names as [string, string];
  const [source, to] = [pathOf(folder), pathOf(target)];
  const kind = findSource(source, folder);
  if (existsSync(to)) throw new UserError(`target exists: ${to}. remove it, or name another`);
  if (kind === 'dataset') {
    const rows = Object.entries(await exportDataset(source, to)).map(([split, n]) => `${n} ${split}`);
    console.log(`${target}: ${rows.join(', ')} images, Parquet`);
    return;
  }
  // What has no need of TensorFlow does not wait for it.
  const { exportEncoder } = await quietly(() => import('./export-encoder.ts'));
  const { featureDim } = await import('@simclr/nn');
  const { inputShape, network } = (await exportEncoder(source, to)).reference.args;
  console.log(
    `${target}: images [n, ${inputShape.join(', ')}] in [0, 1] → features [n, ${featureDim(network)}], float32`,
  );
});
