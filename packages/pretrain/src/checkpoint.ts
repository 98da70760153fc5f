import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { History } from '@simclr/artifacts';
import { loadSafetensors, saveSafetensors } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import type { Precision, Tree } from '@simclr/tensorflow';

/** All that a run needs to go on as if it had not stopped. */
export interface Checkpoint {
  /** Steps done. */
  step: number;
  /** Parameters, optimizer state, batch-norm statistics, as the train step names them. */
  state: Tree;
  history: History;
  /** Of the steps. */
  precision: Precision;
}

const path = (work: string) => join(work, 'checkpoint.safetensors');

/** Writes the checkpoint by rename: an interruption leaves the one before it. Views need no state: they are addressed by step. */
export function writeCheckpoint(work: string, { step, state, history, precision }: Checkpoint): void {
  saveSafetensors(path(work), state, { step: String(step), history: JSON.stringify(history), precision });
}

/** The checkpoint in `work`, or undefined where there is none. */
export function readCheckpoint(work: string): Checkpoint | undefined {
  if (!existsSync(path(work))) return undefined;
  const { tensors, metadata } = load(path(work));
  const step = Number(metadata.step);
  const history = History.safeParse(JSON.parse(metadata.history ?? 'null'));
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
