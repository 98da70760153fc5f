import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readOnnxModel } from '@simclr/encoders/graph-files';
import { expandHome } from '@simclr/stage/own-path';
import { filesThatSay } from './graph/stated.ts';
import { ownEncoder } from './own-encoder.ts';
import { REPOSITORY } from './source-path.ts';

const PART = /\.(index|meta|data-\d{5}-of-\d{5})$/;

/**
 * The files that a config of `import-encoder` names: own data, on which the encoder depends as it does on the config. A
 * TensorFlow checkpoint is an index and shards, a SavedModel its folder, an ONNX model may have weights and its preprocessing beside it. Asked before the config is checked.
 */
export default function sources({ file }: { file?: unknown }): string[] {
  if (typeof file !== 'string' || file === '') return [];
  const path = expandHome(file);
  const own = ownEncoder(resolve(REPOSITORY, path));
  if (own) return [own];
  if (basename(path) === 'saved_model.pb') return [dirname(path)];
  if (path.endsWith('.onnx')) return [path, ...besideOnnx(path)];
  const prefix = path.replace(PART, '');
  const folder = resolve(REPOSITORY, dirname(prefix));
  const beside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  const parts = beside.filter((name) => PART.test(name) && name.replace(PART, '') === basename(prefix));
  return parts.some((name) => name.endsWith('.index')) ? parts.map((name) => join(dirname(prefix), name)) : [path];
}

/** Files beside an ONNX model that its encoder depends on. */
function besideOnnx(path: string): string[] {
  const absolute = resolve(REPOSITORY, path);
  const said = filesThatSay(absolute, 'onnx').map((file) => join(dirname(path), basename(file)));
  try {
    return [...readOnnxModel(absolute).external.map((file) => join(dirname(path), file)), ...said];
  } catch {
    return said; // What is wrong with it is told when its config is checked.
  }
}
