import { join } from 'node:path';
import type { GraphEncoderInfo } from '@simclr/artifacts';
import { fileDigest } from '../file-digest.ts';
import type { OpenGraph } from '../graph/graph-encoder.ts';
import { openOnnxSession } from './onnx-session.ts';
import { readOnnxModel } from './read-model.ts';
import { redrawn } from './redraw.ts';

/** Opens the ONNX file of an encoder's folder. */
export async function openOnnx(folder: string, info: GraphEncoderInfo): Promise<OpenGraph> {
  const path = join(folder, info.file);
  const names = { input: info.input.name, output: info.output.name };
  const model = readOnnxModel(path);
  const files = [path, ...model.external.map((file) => join(folder, file))];
  const drawable = model.external.length === 0 && redrawn(model, 0) !== undefined;
  return {
    session: await openOnnxSession(path, names, path),
    digest: () => files.map(fileDigest).join('-'),
    ...(drawable && { redrawn: (seed) => openOnnxSession(redrawn(readOnnxModel(path), seed)!, names, path) }),
  };
}
