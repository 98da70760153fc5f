import { UserError } from '@simclr/stage';

/** The inputs of a probe that are features, in their order: none where it has to extract them itself. */
export function featuresInputs<Input>(inputs: Record<string, Input>): Input[] {
  return Object.entries(inputs).flatMap(([id, input]) =>
    id === 'features' || id.startsWith('features@') ? [input] : [],
  );
}

/**
 * Refuses keys that say how features are extracted where the probe is given features: it would ignore them.
 *
 * @param config of the probe; @param keys those of extraction
 */
export function requireUnused(config: object, keys: readonly string[], stage: string): void {
  const used = keys.filter((key) => (config as Record<string, unknown>)[key] !== undefined);
  if (!used.length) return;
  throw new UserError(
    `unused: ${used.join(', ')} of ${stage}, which reads features. take it out, and set it in the stage features`,
  );
}
