import { UserError } from './errors.ts';

/** What is known of a dataset before the stage that writes it has run. */
export interface PlannedDataset {
  /** Height, width, channels; null where the images stay encoded files of different sizes. */
  shape: readonly [height: number, width: number, channels: number] | null;
  /** Images of the split; absent where that shows when the stage runs. */
  train?: number | undefined;
  test?: number | undefined;
  classes?: number | undefined;
}

/** What a stage would do, from its config alone: what `npm run pipeline -- dry-run` prints. */
export interface StagePlan {
  /** By what they are, in the order in which they are printed. */
  facts: Record<string, string | number>;
  /** Datasets that it would write, by name. */
  datasets?: Record<string, PlannedDataset>;
  /** The views that it would fix for the stages after it. */
  views?: { dataset: string; policy: string; shape: readonly [height: number, width: number, channels: number] };
  /** The encoder that it would write: pretrained on `dataset`, fed with images of `inputShape`. */
  encoder?: { dataset: string; inputShape: readonly [height: number, width: number, channels: number] };
  /** What has to be written before the stage can run with this config; absent where it can. */
  missing?: string | undefined;
}

/**
 * A dataset among those that the needed stages would write; undefined where none of them says what it writes.
 *
 * @throws UserError where they say, and it is not among them
 */
export function plannedDataset(inputs: Record<string, StagePlan>, name: string): PlannedDataset | undefined {
  const written = Object.values(inputs).flatMap(({ datasets }) => (datasets ? Object.entries(datasets) : []));
  if (written.length === 0) return undefined;
  const found = written.find(([each]) => each === name);
  if (found) return found[1];
  throw new UserError(
    `unknown dataset: ${name}. the stages before write: ${written.map(([each]) => each).join(', ')}. correct the config`,
  );
}

/**
 * Checks that a stage gets what it cannot do without.
 *
 * @param inputs of its plan, by stage id
 * @throws UserError a line for each need that pipeline.yaml lacks
 */
export function requireInputs(inputs: Record<string, StagePlan>, stage: string, needed: readonly string[]): void {
  const given = Object.keys(inputs).join(', ') || 'none';
  const missing = needed.filter((name) => !inputs[name]);
  if (!missing.length) return;
  throw new UserError(
    missing
      .map((name) => `missing input: ${stage} needs ${name}. add it to needs in pipeline.yaml. given: ${given}`)
      .join('\n'),
  );
}
