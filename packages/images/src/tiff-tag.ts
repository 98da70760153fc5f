const SHORT = 3;
const LONG8 = 16;
const BIG = 43;

/** A number in the first directory of TIFF data (classic, big, and what EXIF is made of), where it has that tag. */
export function tiffTag(tiff: Uint8Array, tag: number): number | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (view.byteLength < 16) return undefined;
  const little = view.getUint16(0) === 0x4949;
  const big = view.getUint16(2, little) === BIG;
  const long = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  // Bytes of the number of entries, of an entry, and in it before the value.
  const [counts, entry, value] = big ? [8, 20, 12] : [2, 12, 8];
  const directory = long(big ? 8 : 4);
  if (directory + counts > view.byteLength) return undefined;
  const entries = big ? long(directory) : view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + counts + entry * i;
    if (at + entry > view.byteLength) return undefined;
    if (view.getUint16(at, little) !== tag) continue;
    const type = view.getUint16(at + 2, little);
    if (type === SHORT) return view.getUint16(at + value, little);
    return type === LONG8 && big ? long(at + value) : view.getUint32(at + value, little);
  }
  return undefined;
}
