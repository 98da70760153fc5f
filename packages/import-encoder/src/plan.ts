import { featureDim, matchCheckpoint } from '@simclr/nn/checkpoints';
import type { StagePlan } from '@simclr/stage';
import { type ImportEncoderConfig, optionsOf } from './config.ts';
import { inputShapeOf, readable } from './import-encoder.ts';
import { networkName } from './report-table.ts';
import { isAbsent, sourcePath } from './source-path.ts';
import { asConfig, inConfigWords } from './words.ts';

/** The encoder that would come of the file, where it is there, by the names and shapes of its tensors. */
export default function planImport(config: ImportEncoderConfig): StagePlan {
  const { dataset } = config;
  const { size, ...options } = optionsOf(config);
  const path = sourcePath(config.file);
  if (isAbsent(path)) return { facts: { file: config.file }, missing: `missing checkpoint: ${path}` };
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
