import { promisify } from 'node:util';
import { gunzip as unzip } from 'node:zlib';
import { UserError } from '@simclr/stage';

/** The IDX format of MNIST and its kin: two zero bytes, a type code, the rank, big-endian sizes, then the values. */
export interface Idx {
  shape: number[];
  /** uint8, row-major. */
  data: Uint8Array;
}

const UINT8 = 0x08;

/** @param name of the file, for errors */
export function parseIdx(bytes: Uint8Array, name: string): Idx {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[3];
  if (bytes.length < 4 || view.getUint16(0) !== 0 || bytes[2] !== UINT8 || !rank || bytes.length < 4 + 4 * rank) {
    throw new UserError(`invalid idx file: ${name}. expected unsigned bytes (type 0x08)`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const data = bytes.subarray(4 + 4 * rank);
  const size = shape.reduce((a, b) => a * b, 1);
  if (data.length !== size)
    throw new UserError(`truncated idx file: ${name} has ${data.length} values. expected ${size} for [${shape}]`);
  return { shape, data };
}

/** Bytes that a file may unpack to; the largest of MNIST's kin has 47 MB. */
const MOST = 2 ** 28;

/** Unpacks a gzip file. @param name for errors */
export async function gunzip(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await promisify(unzip)(bytes, { maxOutputLength: MOST });
  } catch (error) {
    throw new UserError(`truncated or damaged archive: ${name}. ${(error as Error).message}. delete it and run again`);
  }
}
