import { featureDim, matchCheckpoint } from '@simclr/nn/checkpoints';
import { defineStage, type StagePlan } from '@simclr/stage';
import { ImportEncoderConfig, optionsOf } from './config.ts';
import { inputShapeOf, readable, readEncoder, writeEncoder } from './import-encoder.ts';
import { networkName, reportTable } from './report-table.ts';
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
  },
  async run({ config, out, log }) {
    const encoder = inConfigWords(() => readEncoder(sourcePath(config.file), optionsOf(config)));
    writeEncoder(out, encoder);
    for (const line of asConfig(reportTable(encoder)).split('\n')) log.info(line);
    return { metrics: {} };
  },
});
