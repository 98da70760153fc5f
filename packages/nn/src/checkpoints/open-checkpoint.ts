import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@simclr/stage';
import { openSafetensors } from '../safetensors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { weightsKind } from './file-kind.ts';
import { openPyTorch } from './pytorch.ts';
import { openTensorBundle } from './tensor-bundle.ts';

const SHARD = /\.data-\d{5}-of-\d{5}$/;
const WEIGHTS = /\.(pth|pt|ckpt|bin|safetensors|tar|index)$/;

/**
 * Opens a checkpoint of any kind that we read. What a file is follows from its content, not from its name.
 * @param path a file, the prefix of a TensorFlow checkpoint's files, or a folder with one or with a SavedModel
 * @throws UserError where there is none, or it is damaged
 */
export function openCheckpoint(path: string): Checkpoint {
  const bundle = bundlePrefix(path);
  if (bundle) return openTensorBundle(bundle);
  if (!existsSync(path)) throw missing(path);
  if (statSync(path).isDirectory()) throw nothingIn(path);
  if (SHARD.test(path)) throw new UserError(`missing file: ${path.replace(SHARD, '.index')}. it belongs to ${path}`);
  if (weightsKind(path) === 'pytorch') return openPyTorch(path);
  const { shapes, read } = openSafetensors(path);
  return { format: 'safetensors', shapes, read };
}

/** What a TensorFlow checkpoint's files start with: of one of its files, of a SavedModel, of a folder's latest. */
function bundlePrefix(path: string): string | undefined {
  const candidates = [
    path,
    path.replace(/\.(index|meta|data-\d{5}-of-\d{5})$/, ''),
    join(path, 'variables/variables'),
    path.replace(/\/?saved_model\.pb$/, '/variables/variables'),
  ];
  const list = join(path, 'checkpoint');
  if (existsSync(list)) {
    const latest = /^model_checkpoint_path: "(.*)"$/m.exec(readFileSync(list, 'utf8'))?.[1];
    if (latest) candidates.push(join(path, latest.slice(latest.lastIndexOf('/') + 1)));
  }
  return candidates.find((prefix) => existsSync(`${prefix}.index`));
}

/** The prefix of a TensorFlow checkpoint without its index, or nothing at all. */
function missing(path: string): UserError {
  const folder = dirname(path);
  const beside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  const shard = beside.find((name) => name.replace(SHARD, '') === basename(path) && SHARD.test(name));
  if (shard) return new UserError(`missing file: ${path}.index. it belongs to ${join(folder, shard)}`);
  return new UserError(`missing checkpoint: ${path}`);
}

function nothingIn(path: string): UserError {
  const names = readdirSync(path);
  if (names.includes('saved_model.pb'))
    return new UserError(`missing file: ${join(path, 'variables/variables.index')}. it belongs to a SavedModel`);
  const shard = names.find((name) => SHARD.test(name));
  if (shard)
    return new UserError(`missing file: ${join(path, shard.replace(SHARD, '.index'))}. it belongs to ${shard}`);
  const expected = 'variables/variables.index (a SavedModel), or a file named checkpoint beside model.ckpt-….index';
  const files = names.filter((name) => WEIGHTS.test(name)).sort();
  const there = files.slice(0, 5).map((name) => join(path, name));
  const choose = there.length > 0 ? `. or name a file: ${there.join(', ')}` : '';
  return new UserError(`no checkpoint: ${path}. expected ${expected}${choose}`);
}
