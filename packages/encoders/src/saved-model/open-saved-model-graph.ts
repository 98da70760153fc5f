import { join } from 'node:path';
import type { GraphEncoderInfo } from '@simclr/artifacts';
import { openSavedModel } from '@simclr/tensorflow';
import { fileDigest } from '../file-digest.ts';
import type { OpenGraph } from '../graph/graph-encoder.ts';

/** Opens the SavedModel of an encoder's folder. */
export function openSavedModelGraph(folder: string, info: GraphEncoderInfo): OpenGraph {
  const path = join(folder, info.file);
  const model = openSavedModel(path);
  return {
    session: {
      run: async (values, shape) => model.run(values, shape, info.input.name, info.output.name),
      dispose: () => model.dispose(),
    },
    digest: () => fileDigest(path),
  };
}
