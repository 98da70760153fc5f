import { UserError } from '@simclr/stage';
import { readTarHeader } from './archive/tar-header.ts';

const BLOCK = 512;

/**
 * The regular files of a tar archive in memory by their paths, as views of `bytes`: blocks of 512 bytes, a header and then
 * the content of each member, to a block of zeros. For published archives: folders, links and extended headers (pax, GNU)
 * are passed over; names of more than 255 bytes need those.
 *
 * @param name of the archive, for errors
 */
export function readTar(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(BLOCK, bytes.length - at));
    if (block.length < BLOCK) throw truncated(name, 'ends within a header');
    if (block.every((byte) => byte === 0)) break;
    const header = readTarHeader(block);
    if (!header) throw new UserError(`invalid tar archive: ${name} has no header at byte ${at}. fetch it again`);
    const { size, type } = header;
    const path = header.path.toString('utf8');
    const from = at + BLOCK;
    if (from + size > bytes.length) throw truncated(name, `${path} has ${bytes.length - from} of ${size} bytes`);
    if (type === '0' || type === '\0') files.set(path, bytes.subarray(from, from + size));
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

const truncated = (name: string, how: string) =>
  new UserError(`truncated tar archive: ${name}, ${how}. fetch it again`);
