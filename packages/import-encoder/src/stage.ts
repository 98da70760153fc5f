import { readAnyEncoderInfo } from '@simclr/artifacts';
import { featureDim, matchCheckpoint } from '@simclr/nn/checkpoints';
import { defineStage, type StagePlan } from '@simclr/stage';
import { inputShapeOf, readable } from './checkpoint-encoder.ts';
import { ImportEncoderConfig, optionsOf } from './config.ts';
import { type PlannedGraph, planGraph } from './graph/plan-graph.ts';
import { prepareImport } from './import-encoder.ts';
import { ownEncoder } from './own-encoder.ts';
import { networkName } from './report-table.ts';
import { sourcePath } from './source-path.ts';
import { asConfig, inConfigWords } from './words.ts';

/** An encoder from a checkpoint of another program: where a pipeline may begin instead of pretraining. */
export default defineStage({
  name: 'import-encoder',
  config: ImportEncoderConfig,
  plan(config): StagePlan {
    const { dataset } = config;
    const { size, ...options } = optionsOf(config);
    const path = sourcePath(config.file);
    const own = ownEncoder(path);
    if (own) {
      const { dataset, inputShape, featureDim: features, format } = readAnyEncoderInfo(own);
      return { encoder: { dataset, inputShape }, facts: { format, images: inputShape.join('×'), features } };
    }
    const graph = inConfigWords(() => readable(path, () => planGraph(path, optionsOf(config))));
    if (graph) return planOfGraph(graph);
    const match = inConfigWords(() => readable(path, () => matchCheckpoint(path, options)));
    const inputShape = inputShapeOf(match.architecture, size);
    return {
      encoder: { dataset, inputShape },
      facts: {
        format: match.checkpoint.format,
        network: networkName(match.architecture),
        parameters: match.parameters,
        images: `${inputShape.join('×')} in [0, 1]`,
        features: featureDim(match.architecture),
        ...(match.assumed.length && { assumed: asConfig(match.assumed.map(({ taken }) => taken).join('; ')) }),
      },
    };
  },
  async run({ config, out, log }) {
    const write = inConfigWords(() => prepareImport(sourcePath(config.file), optionsOf(config)));
    const { table } = await write(out);
    for (const line of asConfig(table).split('\n')) log.info(line);
    return { metrics: {} };
  },
});

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
