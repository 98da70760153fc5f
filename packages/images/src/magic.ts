/** What stands in a file from a byte on, one character a byte. */
export const textAt = (file: Uint8Array, at: number, length: number): string =>
  Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1', at, at + length);

/** The brands of an ISO media file (HEIF, AVIF, MP4): the major one, then those that it is compatible with. */
export function mediaBrands(file: Uint8Array): string[] {
  if (file.length < 12 || textAt(file, 4, 4) !== 'ftyp') return [];
  const box = Math.min(new DataView(file.buffer, file.byteOffset).getUint32(0), 256, file.length);
  const brands = textAt(file, 16, Math.max(0, box - 16)).match(/.{4}/gs) ?? [];
  return [textAt(file, 8, 4), ...brands];
}
