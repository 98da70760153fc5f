import { type GraphEncoderInfo, readAnyEncoderInfo } from '@simclr/artifacts';
import { FEATURES_TAP, type Tap } from '@simclr/nn/plan';
import { UserError } from '@simclr/stage';
import type { Precision } from '@simclr/tensorflow';
import type { Encoder } from './encoder.ts';
import { graphEncoder, type OpenGraph } from './graph/graph-encoder.ts';
import { openResnetEncoder } from './resnet-encoder.ts';

/** How features are computed, where that is not as the encoder has it. */
export interface EncoderRun {
  /** Of a network of ours. Default: as `encoder.json` says. */
  precision?: Precision | undefined;
  /** Images at a time, which features do not depend on. Default 32; of a graph with a fixed batch it is that. */
  batch?: number | undefined;
  /** Where they are taken from, of a network of ours. Default: the features h. */
  tap?: Tap | undefined;
}

/** Fills two cores, and stays in their caches longer than 256 do. */
const BATCH = 32;

/**
 * Opens the encoder in a folder of the stage `pretrain`, of `import-encoder`, or of `npm run import`.
 *
 * @throws UserError where a file is missing or damaged, or `run` asks for what the encoder does not have
 */
export async function openEncoder(
  folder: string,
  { precision, batch = BATCH, tap = FEATURES_TAP }: EncoderRun = {},
): Promise<Encoder> {
  const info = readAnyEncoderInfo(folder);
  if (info.format === 'safetensors')
    return openResnetEncoder(folder, { ...info, precision: precision ?? info.precision }, batch, tap);
  if (precision !== undefined && precision !== info.precision)
    throw new UserError(
      `ignored option: precision ${precision}. ${info.file} computes as it was exported: leave it out`,
    );
  if (tap !== FEATURES_TAP)
    throw new UserError(
      `no such tap: ${tap}. ${info.file} gives its output ${info.output.name}: import it with another, --output NAME`,
    );
  return graphEncoder(info, await openGraph(folder, info), batch);
}

/** Opens the graph of an encoder's folder in the program that runs it. */
export async function openGraph(folder: string, info: GraphEncoderInfo): Promise<OpenGraph> {
  if (info.format === 'onnx') return (await import('./onnx/open-onnx.ts')).openOnnx(folder, info);
  return (await import('./saved-model/open-saved-model-graph.ts')).openSavedModelGraph(folder, info);
}
