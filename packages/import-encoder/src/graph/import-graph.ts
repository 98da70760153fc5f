import { constants, copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ENCODER_JSON, type GraphEncoderInfo, writeGraphEncoderInfo } from '@simclr/artifacts';
import { countFlops, examineGraph, openGraph } from '@simclr/encoders';
import { UserError } from '@simclr/stage';
import type { ImportedGraph } from './graph-table.ts';
import type { PlannedGraph } from './plan-graph.ts';

export { graphTable } from './graph-table.ts';

/**
 * Copies a graph into an encoder's folder, runs it on a few images, and writes `encoder.json` last.
 *
 * @throws UserError where the graph cannot be run, is in training mode, or its features are none
 */
export async function writeGraph(folder: string, planned: PlannedGraph): Promise<ImportedGraph> {
  const { path, file, found } = planned;
  mkdirSync(folder, { recursive: true });
  const target = join(folder, planned.info.file);
  if (file.format === 'saved-model') cpSync(path, target, { recursive: true });
  else copyFileSync(path, target, constants.COPYFILE_FICLONE);
  for (const name of file.beside) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(dirname(path), name), join(folder, name), constants.COPYFILE_FICLONE);
  }
  const draft: GraphEncoderInfo = { ...planned.info, featureDim: found.featureDim ?? 1, flops: null };
  const { session } = await openGraph(folder, draft);
  try {
    const info = { ...draft, featureDim: found.featureDim ?? (await measuredDim(draft, session, path)) };
    await examineGraph(info, session, path);
    const flops = file.flops ? file.flops(info.output.name) : await countFlops(target, info);
    writeGraphEncoderInfo(folder, { ...info, flops });
    return {
      planned,
      info: { ...info, flops },
      files: [ENCODER_JSON, info.file, ...file.beside],
    };
  } finally {
    session.dispose();
  }
}

/** The dimension of features that the file leaves open: as they come. */
async function measuredDim(
  { inputShape, preprocessing, input, output }: GraphEncoderInfo,
  session: Awaited<ReturnType<typeof openGraph>>['session'],
  path: string,
): Promise<number> {
  const [h, w, c] = inputShape;
  const batch = input.batch ?? 1;
  const shape = [batch, ...(preprocessing.layout === 'NCHW' ? [c, h, w] : inputShape)];
  const given = await session.run(new Float32Array(batch * h * w * c), shape);
  const rank = output.pool.length ? 4 : 2;
  if (given.shape.length !== rank)
    throw new UserError(
      `not an encoder: ${basename(path)} gives [${given.shape.join(', ')}]. expected features of ${rank} axes: export them pooled`,
    );
  return output.pool.includes(1) ? given.shape[3]! : given.shape[1]!;
}
