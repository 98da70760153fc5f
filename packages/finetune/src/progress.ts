import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packFloats, Trial, unpackFloats } from '@simclr/artifacts';
import { UserError, writeJson, z } from '@simclr/stage';
import type { Precision } from '@simclr/tensorflow';

const Kept = z.strictObject({
  precision: z.enum(['fp32', 'bf16']),
  trials: z.record(z.string(), Trial),
  /** Packed. */
  logits: z.record(z.string(), z.string()),
});

/** The trainings that are over, by name, kept in `work`: a stage that was stopped does not repeat them. */
export interface Progress {
  trial(name: string): Trial | undefined;
  /** Of the test rows, of a final training. */
  logits(name: string): Float32Array | undefined;
  /** Writes it by rename. */
  keep(name: string, trial: Trial, logits?: Float32Array): void;
}

const path = (work: string) => join(work, 'progress.json');

function read(work: string): z.infer<typeof Kept> | undefined {
  if (!existsSync(path(work))) return undefined;
  try {
    return Kept.parse(JSON.parse(readFileSync(path(work), 'utf8')));
  } catch {
    throw new UserError(`invalid progress: ${path(work)}. delete it to start over`);
  }
}

/** The precision of trainings that are over, where there are any. Throws UserError where the file is damaged. */
export const keptPrecision = (work: string): Precision | undefined => read(work)?.precision;

/** @param precision of all trainings of the stage */
export function openProgress(work: string, precision: Precision): Progress {
  const kept = read(work) ?? { precision, trials: {}, logits: {} };
  return {
    trial: (name) => kept.trials[name],
    logits: (name) => (kept.logits[name] === undefined ? undefined : unpackFloats(kept.logits[name])),
    keep(name, trial, logits) {
      kept.trials[name] = trial;
      if (logits) kept.logits[name] = packFloats(logits);
      writeJson(path(work), kept);
    },
  };
}
