const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;

/** Bytes of a table of colours, by the flags that announce it. */
const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/**
 * A GIF whose first frame has no transparent index, a copy where that had to go: pixels keep the colour of their entry in
 * the palette, where libvips makes transparent ones black.
 */
export function opaqueGif(file: Uint8Array): Uint8Array {
  let at = 13 + tableBytes(file[10] ?? 0);
  while (file[at] === EXTENSION) {
    if (file[at + 1] === GRAPHIC_CONTROL && file[at + 3]! & 1) {
      const copy = file.slice();
      copy[at + 3]! &= ~1;
      return copy;
    }
    at += 2;
    while (file[at]) at += 1 + file[at]!;
    at++;
  }
  return file;
}
