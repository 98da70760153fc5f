import { bmpRuns } from './bmp-runs.ts';

/** What the headers of a Windows or OS/2 bitmap say. */
export interface BmpHeader {
  height: number;
  width: number;
  /** Rows come from the top; else from the bottom. */
  topDown: boolean;
  /** Of a pixel. */
  bits: number;
  compression: number;
  /** Where the pixels begin. */
  offset: number;
  /** Bits of red, green and blue, where they are not as usual. */
  masks: [number, number, number] | undefined;
  /** Where the colours are, how many, and bytes of each; blue comes first. */
  palette: { at: number; colours: number; bytes: number };
}

const [PLAIN, RLE8, RLE4, MASKS, MASKS_WITH_ALPHA] = [0, 1, 2, 3, 6];
const FILE_HEADER = 14;
/** The header of OS/2, and that of Windows without masks. */
const [OS2, WINDOWS] = [12, 40];

/** @throws Error that says in words what is wrong */
export function readBmpHeader(file: Uint8Array): BmpHeader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < FILE_HEADER + OS2) throw new Error('truncated BMP: its header is cut');
  const size = view.getUint32(FILE_HEADER, true);
  if (size !== OS2 && (size < WINDOWS || size > 256)) throw new Error(`damaged BMP: a header of ${size} bytes`);
  if (file.length < FILE_HEADER + size) throw new Error('truncated BMP: its header is cut');
  const old = size === OS2;
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? PLAIN : view.getUint32(30, true);
  if (width <= 0 || rows === 0) throw new Error(`damaged BMP: ${width}×${rows} pixels`);
  const indexed = compression === PLAIN && [1, 4, 8].includes(bits);
  const direct = [PLAIN, MASKS, MASKS_WITH_ALPHA].includes(compression) && [16, 24, 32].includes(bits);
  const runs = (compression === RLE8 && bits === 8) || (compression === RLE4 && bits === 4);
  if (!indexed && !direct && !runs)
    throw new Error(`a BMP of ${bits} bits and compression ${compression}, which is not read. convert it to PNG`);
  const masked = compression === MASKS || compression === MASKS_WITH_ALPHA;
  const after = FILE_HEADER + size + (masked && size === WINDOWS ? (compression === MASKS ? 12 : 16) : 0);
  if (masked && file.length < Math.max(after, 66)) throw new Error('truncated BMP: its header is cut');
  const named = old ? 0 : view.getUint32(46, true);
  const colours = bits > 8 ? 0 : Math.min(named || 2 ** bits, 2 ** bits);
  return {
    height: Math.abs(rows),
    width,
    topDown: rows < 0,
    bits,
    compression,
    offset: view.getUint32(10, true),
    masks: masked ? ([54, 58, 62].map((at) => view.getUint32(at, true)) as [number, number, number]) : undefined,
    palette: { at: after, colours, bytes: old ? 3 : 4 },
  };
}

/**
 * The pixels of a bitmap of Windows or OS/2, which libvips does not read: uint8 RGB, [height, width, 3]. As Pillow has them, but
 * that alpha is always left out.
 *
 * @throws Error that says in words what is wrong
 */
export function decodeBmp(file: Uint8Array): { height: number; width: number; pixels: Uint8Array } {
  const header = readBmpHeader(file);
  const { height, width, topDown, bits } = header;
  const pixels = new Uint8Array(height * width * 3);
  const rowOf = rowReader(file, header);
  for (let row = 0; row < height; row++) {
    const to = pixels.subarray(3 * width * (topDown ? row : height - 1 - row)).subarray(0, 3 * width);
    rowOf(row, to);
  }
  if (bits <= 8 && header.palette.at + header.palette.colours * header.palette.bytes > file.length)
    throw new Error('truncated BMP: its colours are cut');
  return { height, width, pixels };
}

/** Fills in a row as it is stored, counted from where the pixels begin. */
function rowReader(file: Uint8Array, header: BmpHeader): (row: number, to: Uint8Array) => void {
  const { height, width, bits, compression, offset, palette } = header;
  if (compression === RLE8 || compression === RLE4) {
    const numbers = bmpRuns(file.subarray(offset), width, height, bits);
    return (row, to) => paint(file, palette, to, (x) => numbers[row * width + x]!);
  }
  const stride = Math.ceil((bits * width) / 32) * 4;
  // The last row may lack what fills it up.
  if (offset + stride * (height - 1) + Math.ceil((bits * width) / 8) > file.length)
    throw new Error('truncated BMP: its pixels end too soon');
  if (bits <= 8) {
    const perByte = 8 / bits;
    return (row, to) =>
      paint(file, palette, to, (x) => {
        const byte = file[offset + row * stride + Math.floor(x / perByte)]!;
        return (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
      });
  }
  if (bits === 24 || (bits === 32 && !header.masks))
    return (row, to) => {
      for (let x = 0, from = offset + row * stride; x < width; x++, from += bits / 8)
        for (let channel = 0; channel < 3; channel++) to[3 * x + channel] = file[from + 2 - channel]!;
    };
  const channels = (header.masks ?? [0x7c00, 0x3e0, 0x1f]).map(channelOf);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return (row, to) => {
    for (let x = 0, from = offset + row * stride; x < width; x++, from += bits / 8) {
      const value = bits === 16 ? view.getUint16(from, true) : view.getUint32(from, true);
      for (const [i, channel] of channels.entries()) to[3 * x + i] = channel(value);
    }
  };
}

function paint(
  file: Uint8Array,
  { at, colours, bytes }: BmpHeader['palette'],
  to: Uint8Array,
  index: (x: number) => number,
) {
  for (let x = 0; x < to.length / 3; x++) {
    const colour = index(x);
    // Numbers without a colour are black.
    if (colour >= colours) continue;
    for (let channel = 0; channel < 3; channel++) to[3 * x + channel] = file[at + colour * bytes + 2 - channel]!;
  }
}

/** A channel of a pixel, brought to 8 bits. */
function channelOf(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.floor((((value & mask) >>> shift) * 255) / most);
}
