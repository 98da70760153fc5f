import { statSync } from 'node:fs';
import { readPickle } from '@simclr/pickle';
import { UserError } from '@simclr/stage';
import { readRange } from './checkpoint.ts';
import { type TorchFile, torchSubstitutes } from './torch-tensors.ts';

/** Pickles are at the start of the file; storages, which are large, follow them. */
const MAX_PICKLES = 2 ** 28;
/** Before a storage: how many numbers it has. */
const COUNT_BYTES = 8;

/**
 * Opens what torch wrote before 1.6, and writes with `_use_new_zipfile_serialization=False`: five pickles (a magic number, a
 * version, the machine's sizes, the object, the order of its storages), then the storages one after another.
 *
 * @throws UserError where it is damaged or cut off
 */
export function openLegacyFile(path: string): TorchFile {
  const { size } = statSync(path);
  const bytes = readRange(path, 0, Math.min(size, MAX_PICKLES));
  const { globals, load, storages } = torchSubstitutes(path);
  let at = 0;
  const next = () => {
    const read = readPickle(bytes, path, { globals, load, at });
    at = read.end;
    return read;
  };
  next();
  const version = next().value;
  if (version !== 1001) throw new UserError(`unknown version of torch.save: ${version} in ${path}. allowed: 1001`);
  const machine = next().value;
  if (machine instanceof Map && machine.get('little_endian') === false)
    throw new UserError(`unsupported byte order: ${path} is big-endian`);
  const { value: root, strangers } = next();
  const keys = next().value;
  const damaged = () => new UserError(`damaged: ${path}, its list of storages. copy the file again`);
  const places = new Map<string, number>();
  if (!Array.isArray(keys) || keys.length !== storages.size) throw damaged();
  for (const key of keys) {
    const storage = typeof key === 'string' && !places.has(key) && storages.get(key);
    if (!storage) throw damaged();
    places.set(key, at + COUNT_BYTES);
    at += COUNT_BYTES + storage.count * storage.bytes;
  }
  if (at > size) throw new UserError(`cut off: ${path} has ${size} bytes, expected ${at}. copy the file again`);
  return {
    root,
    passedOver: [...strangers],
    bytesOf({ key, count, bytes: width }) {
      const place = places.get(key)!;
      const before = readRange(path, place - COUNT_BYTES, COUNT_BYTES);
      if (Number(Buffer.from(before.buffer).readBigInt64LE()) !== count)
        throw new UserError(`damaged: ${path}, storage ${key}. copy the file again`);
      return readRange(path, place, count * width);
    },
  };
}
