import { readAnyEncoderInfo } from '@simclr/artifacts';
import { featureDim, matchCheckpoint } from '@simclr/nn/checkpoints';
import type { StagePlan } from '@simclr/stage';
import { inputShapeOf, readable } from './checkpoint-encoder.ts';
import { type ImportEncoderConfig, optionsOf } from './config.ts';
import { type PlannedGraph, planGraph } from './graph/plan-graph.ts';
import { ownEncoder, refuseOptions } from './own-encoder.ts';
import { networkName } from './report-table.ts';
import { isAbsent, sourcePath } from './source-path.ts';
import { asConfig, inConfigWords } from './words.ts';

/** The encoder that would come of the file, where it is there: of a checkpoint by the names and shapes of its tensors. */
export default function planImport(config: ImportEncoderConfig): StagePlan {
  const { dataset } = config;
  const { size, ...options } = optionsOf(config);
  const path = sourcePath(config.file);
  if (isAbsent(path)) return { facts: { file: config.file }, missing: `missing checkpoint: ${path}` };
  const own = ownEncoder(path);
  if (own) {
    inConfigWords(() => refuseOptions(own, optionsOf(config)));
    const info = readAnyEncoderInfo(own);
    const { dataset, inputShape, featureDim: features, format } = info;
    const network = info.format === 'safetensors' && { network: info.architecture };
    return { encoder: { dataset, inputShape, ...network }, facts: { format, images: inputShape.join('×'), features } };
  }
  const graph = inConfigWords(() => readable(path, () => planGraph(path, optionsOf(config))));
  if (graph) return planOfGraph(graph);
  const match = inConfigWords(() => readable(path, () => matchCheckpoint(path, options)));
  const inputShape = inputShapeOf(match.architecture, size);
  return {
    encoder: { dataset, inputShape, network: match.architecture },
    facts: {
      format: match.checkpoint.format,
      network: networkName(match.architecture),
      parameters: match.parameters,
      images: `${inputShape.join('×')} in [0, 1]`,
      features: featureDim(match.architecture),
      ...(match.assumed.length && { assumed: asConfig(match.assumed.map(({ taken }) => taken).join('; ')) }),
    },
  };
}

function planOfGraph({ info, found, by }: PlannedGraph): StagePlan {
  const { dataset, inputShape, format, parameters } = info;
  return {
    encoder: { dataset, inputShape },
    facts: {
      format,
      parameters,
      images: inputShape.join('×'),
      preprocessing: `as ${by === '--preprocess' ? 'preprocess' : by} says`,
      ...(found.featureDim !== null && { features: found.featureDim }),
    },
  };
}
