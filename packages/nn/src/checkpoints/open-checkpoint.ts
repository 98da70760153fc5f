import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { loadSafetensors } from '../safetensors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openPyTorch } from './pytorch.ts';
import { openTensorBundle } from './tensor-bundle.ts';

/**
 * Opens a checkpoint of any kind that we read.
 * @param path a file, the prefix of a TensorFlow checkpoint's files, or a folder with one or with a SavedModel
 * @throws UserError where there is none, or it is damaged
 */
export function openCheckpoint(path: string): Checkpoint {
  const bundle = bundlePrefix(path);
  if (bundle) return openTensorBundle(bundle);
  if (!existsSync(path)) throw new UserError(`missing checkpoint: ${path}`);
  if (statSync(path).isDirectory()) {
    throw new UserError(
      `no checkpoint: ${path}. expected variables/variables.index (a SavedModel), or a file named checkpoint beside model.ckpt-….index`,
    );
  }
  if (path.endsWith('.safetensors')) {
    const { tensors } = loadSafetensors(path);
    const shapes = new Map(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
    return { format: 'safetensors', shapes, read: (name) => tensors[name]! };
  }
  return openPyTorch(path);
}

/** What a TensorFlow checkpoint's files start with: of one of its files, of a SavedModel, of a folder's latest. */
function bundlePrefix(path: string): string | undefined {
  const candidates = [path, path.replace(/\.(index|meta|data-\d{5}-of-\d{5})$/, ''), join(path, 'variables/variables')];
  const list = join(path, 'checkpoint');
  if (existsSync(list)) {
    const latest = /^model_checkpoint_path: "(.*)"$/m.exec(readFileSync(list, 'utf8'))?.[1];
    if (latest) candidates.push(join(path, latest.slice(latest.lastIndexOf('/') + 1)));
  }
  return candidates.find((prefix) => existsSync(`${prefix}.index`));
}
