import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { expandHome } from '@simclr/stage/own-path';
import { REPOSITORY } from './source-path.ts';

const PART = /\.(index|meta|data-\d{5}-of-\d{5})$/;

/**
 * The files that a config of `import-encoder` names: own data, on which the encoder depends as it does on the config. A
 * TensorFlow checkpoint is an index and shards, a SavedModel its folder. Asked before the config is checked.
 */
export default function sources({ file }: { file?: unknown }): string[] {
  if (typeof file !== 'string' || file === '') return [];
  const path = expandHome(file);
  if (basename(path) === 'saved_model.pb') return [dirname(path)];
  const prefix = path.replace(PART, '');
  const folder = resolve(REPOSITORY, dirname(prefix));
  const beside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  const parts = beside.filter((name) => PART.test(name) && name.replace(PART, '') === basename(prefix));
  return parts.some((name) => name.endsWith('.index')) ? parts.map((name) => join(dirname(prefix), name)) : [path];
}
