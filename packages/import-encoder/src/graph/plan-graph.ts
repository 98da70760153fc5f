import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphEncoderInfo } from '@simclr/artifacts';
import { type GraphFile, graphPath, readGraphFile } from '@simclr/encoders/graph-files';
import { UserError } from '@simclr/stage';
import type { EncoderOptions, GraphOptions } from '../options.ts';
import { type FoundInterface, findInterface } from './graph-interface.ts';
import { filesThatSay, findStatement } from './stated.ts';

/** A graph as an encoder, before anything has run. */
export interface PlannedGraph {
  path: string;
  file: GraphFile;
  /** Who says how it wants its images. */
  by: string;
  found: FoundInterface;
  info: Omit<GraphEncoderInfo, 'featureDim' | 'flops'>;
}

/** Options that say of a checkpoint what a graph shows itself. */
const OF_CHECKPOINTS = [
  'size',
  'prefix',
  'normalize',
  'poolPadding',
  'stemStride',
  'stemPadding',
  'stemPool',
  'bottleneckStride',
] as const;
const OF_GRAPHS = ['preprocess', 'output'] as const;

/**
 * Looks at the file of a graph: an ONNX model, or a SavedModel that has a signature.
 *
 * @returns undefined where the path is of a checkpoint
 * @throws UserError where it is damaged, in training mode, or it is not known how to feed it
 */
export function planGraph(named: string, options: GraphOptions & EncoderOptions): PlannedGraph | undefined {
  const at = graphPath(named);
  // A SavedModel of the reference is a checkpoint too; what was stated of it tells.
  const isGraph = at && (at.format === 'onnx' || saysGraph(at.path, options));
  const ignored = (isGraph ? OF_CHECKPOINTS : OF_GRAPHS).find((key) => options[key] !== undefined);
  if (ignored)
    throw new UserError(
      `ignored option: ${ignored} is of ${isGraph ? 'checkpoints' : 'graphs (ONNX, SavedModel)'}, and ${named} is none. leave it out`,
    );
  if (!isGraph) return undefined;
  const file = readGraphFile(at);
  const { stated, by } = findStatement(at.path, file, options.preprocess);
  const found = findInterface(file, at.path, stated, options.output);
  file.refuseTraining(found.output.name);
  const { featureDim: _, ...rest } = found;
  return {
    path: at.path,
    file,
    by,
    found,
    info: {
      format: file.format,
      ...rest,
      policy: 'imported',
      dataset: options.dataset ?? 'imported',
      steps: 0,
      seed: 0,
      precision: 'fp32',
      file: file.format === 'onnx' ? 'encoder.onnx' : 'saved_model',
      parameters: file.parameters(found.output.name),
    },
  };
}

/** Whether a SavedModel is run as a graph: of one whose variables can be read, only where it is said how to feed it. */
function saysGraph(path: string, { preprocess, output }: GraphOptions): boolean {
  if (preprocess !== undefined || output !== undefined) return true;
  return !existsSync(join(path, 'variables/variables.index')) || filesThatSay(path, 'saved-model').length > 0;
}
