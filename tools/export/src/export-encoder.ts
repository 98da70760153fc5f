import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publishFolder, UserError, writeJson } from '@simclr/stage';
import { exportOnnx, exportSavedModel } from '@simclr/tensorflow';
import { type Encoder, readEncoder } from './read-encoder.ts';

/**
 * Writes a pretrained encoder for other programs: an ONNX model where `target` ends in `.onnx`, else a SavedModel's
 * folder. Either carries the encoder's preprocessing. The target appears whole or not at all.
 *
 * @param folder what the stage pretrain wrote
 * @throws UserError where the encoder is missing or damaged, or the target exists or cannot be written
 */
export async function exportEncoder(folder: string, target: string): Promise<Encoder> {
  if (existsSync(target)) throw new UserError(`target exists: ${target}. remove it, or name another`);
  const encoder = readEncoder(folder);
  try {
    if (target.endsWith('.onnx')) {
      const metadata = { preprocessing: JSON.stringify(encoder.preprocessing) };
      await exportOnnx(encoder.reference, encoder.weights, target, metadata);
    } else await writeSavedModel(encoder, target);
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall) throw new UserError(`cannot write: ${target}. ${message}`);
    throw error;
  }
  return encoder;
}

async function writeSavedModel({ reference, weights, preprocessing }: Encoder, folder: string): Promise<void> {
  const unfinished = `${folder}.new.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    await exportSavedModel(reference, weights, unfinished);
    // Where TensorFlow leaves files of others alone.
    writeJson(join(unfinished, 'assets.extra/preprocessing.json'), preprocessing);
    publishFolder(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
