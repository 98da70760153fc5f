import { chooseDataset, UserError } from '@simclr/stage';

/**
 * Throws UserError where the config of a probe of ready features says how they are extracted.
 *
 * @param config of the probe
 * @param extraction its keys that say how features are extracted
 */
export function refuseExtraction(config: object, extraction: { stage: string; keys: readonly string[] }): void {
  const { stage, keys } = extraction;
  const unused = keys.filter((key) => (config as Record<string, unknown>)[key] !== undefined);
  if (!unused.length) return;
  throw new UserError(
    `unused: ${unused.join(', ')} of ${stage}, which reads features. take it out, and set it in the stage features`,
  );
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
