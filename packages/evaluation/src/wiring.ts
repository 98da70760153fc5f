import { type ByRole, chooseDataset, type InputTask, inputsOf, UserError } from '@simclr/stage';

/**
 * Whether a probe is given features, and need not extract them.
 *
 * @param config of the probe; @param extraction its keys that say how features are extracted
 * @throws UserError where it is given features, and what it would ignore then: an encoder, a dataset, a key of extraction; or
 * where it is given neither features nor what they are extracted of
 */
export function readsFeatures(
  inputs: ByRole<InputTask>,
  { stage, config, extraction }: { stage: string; config: object; extraction: readonly string[] },
): boolean {
  const given = (['dataset', 'encoder'] as const).filter((role) => inputsOf(inputs, role).length);
  const features = inputsOf(inputs, 'features').length > 0;
  if (features && given.length)
    throw new UserError(
      `unused input: ${given.join(', ')} of ${stage}, which reads features. take it out of needs in pipeline.yaml`,
    );
  if (!features && given.length < 2)
    throw new UserError(
      `missing input: ${stage} needs features, or dataset and encoder. add them to needs in pipeline.yaml. given: ${given.join(', ') || 'none'}`,
    );
  const unused = extraction.filter((key) => (config as Record<string, unknown>)[key] !== undefined);
  if (features && unused.length)
    throw new UserError(
      `unused: ${unused.join(', ')} of ${stage}, which reads features. take it out, and set it in the stage features`,
    );
  return features;
}

/**
 * Of the datasets given the one that the config names, the only one, or of several the one that the encoder was pretrained
 * on.
 *
 * @param key of the config that names one: `features.dataset`
 */
export function chooseEvaluated<D extends { name: string }>(
  given: readonly D[],
  wanted: string | undefined,
  encoder: { dataset: string } | undefined,
  key: string,
): D {
  return chooseDataset(given, wanted ?? (given.length > 1 ? encoder?.dataset : undefined), key);
}
