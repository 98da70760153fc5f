import type { Format } from './kinds.ts';

/** What libvips puts before the reason, or says on the way to it. */
const PREFIX =
  /^(Input (buffer|file) has corrupt header: |Vips\w+: |\w+load_buffer: |\w+2vips: |\w+png: |heif: |webp: |source: )+/;
const NO_REASON =
  /^(source: bad seek|Input (buffer|file) contains unsupported|Warning treated as error|Unknown error|.*libpng read error|\s*$)/;
const TRUNCATED = /premature end|unexpected end|not enough data|bad seek|unable to parse image|end of file|truncated/i;

const ends: Partial<Record<Format, Uint8Array>> = {
  png: Buffer.from('IEND\xae\x42\x60\x82', 'latin1'),
};

/** Says in words what a decoder's error message means for a file: `truncated JPEG: premature end of JPEG image`. */
export function damageInWords(file: Uint8Array, format: Format, message: string): string {
  const lines = message.split('\n');
  const reason = lines.find((line) => !NO_REASON.test(line))?.replace(PREFIX, '');
  if (reason === 'samples out of range')
    return 'a TIFF of more than 32 bits a value, which are not read. convert it to 8';
  const end = ends[format];
  const withoutEnd =
    end !== undefined && Buffer.from(file.buffer, file.byteOffset, file.byteLength).lastIndexOf(end) < 0;
  const name = format === 'webp' ? 'WebP' : format.toUpperCase();
  const kind = withoutEnd || TRUNCATED.test(reason ?? message) ? 'truncated' : 'damaged';
  return `${kind} ${name}${reason === undefined ? '' : `: ${reason}`}`;
}
