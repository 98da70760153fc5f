import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadSafetensors, saveSafetensors } from '@simclr/nn';
import { UserError, type z } from '@simclr/stage';
import type { Precision, Tree } from '@simclr/tensorflow';

/** All that a training needs to go on as if it had not stopped. Views need no state: they are addressed by step. */
export interface Checkpoint<H> {
  /** Steps done. */
  step: number;
  /** Parameters, optimizer state, batch-norm statistics, as the train step names them. */
  state: Tree;
  /** What was logged so far, plain JSON. */
  history: H;
  /** Of the steps. */
  precision: Precision;
}

const path = (work: string) => join(work, 'checkpoint.safetensors');

/** Writes the checkpoint by rename: an interruption leaves the one before it. */
export function writeCheckpoint(work: string, { step, state, history, precision }: Checkpoint<unknown>): void {
  saveSafetensors(path(work), state, { step: String(step), history: JSON.stringify(history), precision });
}

/**
 * The checkpoint in `work`, or undefined where there is none.
 *
 * @param schema of its history
 * @throws UserError where it is damaged, or of another kind of training
 */
export function readCheckpoint<H>(work: string, schema: z.ZodType<H>): Checkpoint<H> | undefined {
  if (!existsSync(path(work))) return undefined;
  const { tensors, metadata } = load(path(work));
  const step = Number(metadata.step);
  const history = schema.safeParse(JSON.parse(metadata.history ?? 'null'));
  const { precision } = metadata;
  if (!Number.isInteger(step) || !history.success || (precision !== 'fp32' && precision !== 'bf16')) {
    throw new UserError(`invalid checkpoint: ${path(work)}. delete it to start over`);
  }
  return { step, state: tensors, history: history.data, precision };
}

function load(file: string) {
  try {
    return loadSafetensors(file);
  } catch (error) {
    throw new UserError(`invalid checkpoint: ${(error as Error).message}. delete it to start over`);
  }
}
