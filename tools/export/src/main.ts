/**
 * A pretrained encoder for other programs: ONNX, or a SavedModel where the target does not end in `.onnx`.
 *
 *     node tools/export/src/main.ts <encoder folder> <file.onnx | folder>
 */
import { resolve } from 'node:path';
import { featureDim } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import { exportEncoder } from './export-encoder.ts';

const usage = 'usage: npm run export -- <encoder folder> <file.onnx | folder>';

async function main(args: string[]): Promise<void> {
  const [folder, target] = args;
  if (!folder || !target || args.length > 2)
    throw new UserError(`expected two arguments: ${args.length} given. ${usage}`);
  // npm runs scripts at the root of the repository; paths are meant from where it was called.
  const from = process.env.INIT_CWD ?? process.cwd();
  const { reference } = await exportEncoder(resolve(from, folder), resolve(from, target.replace(/\/+$/, '')));
  const { inputShape, network } = reference.args;
  console.log(
    `${target}: images [n, ${inputShape.join(', ')}] in [0, 1] → features [n, ${featureDim(network)}], float32`,
  );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
}
