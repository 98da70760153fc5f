import { requireColour } from '@simclr/evaluation/input-shape';
import { defineStage, plannedDataset, requireInputs, type StagePlan } from '@simclr/stage';
import { FeaturesConfig } from './config.ts';

/** Features of one dataset's images, for every protocol that evaluates the encoder on it. */
export default defineStage({
  name: 'features',
  config: FeaturesConfig,
  plan({ dataset }, inputs): StagePlan {
    requireInputs(inputs, 'features', ['ingest', 'pretrain']);
    const { encoder } = inputs.pretrain!;
    const written = Object.keys(inputs.ingest!.datasets ?? {});
    const name = dataset ?? (written.length === 1 ? written[0] : encoder?.dataset);
    const images = name === undefined ? undefined : plannedDataset(inputs, name);
    if (images?.shape === null && encoder) requireColour(name!, encoder.inputShape);
    return { facts: { dataset: name ?? 'that of the encoder' } };
  },
  run: async (context) => (await import('./features.ts')).features(context),
});
