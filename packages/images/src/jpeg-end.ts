const FRAME = [0xc0, 0xc1];
const START_OF_SCAN = 0xda;
const END = 0xd9;

/** 0 is a stuffed byte of data, D0 to D7 restart it. */
const isData = (marker: number) => marker === 0 || (marker >= 0xd0 && marker <= 0xd7) || marker === 0xff;

/**
 * The only scan of a JPEG ends with the mark of its end. Where it does not, some decoders stop content with the rows that
 * they have, and some look at what comes then. Progressive ones are read to their end by all.
 */
export function endsPlainly(file: Uint8Array): boolean {
  let sequential = false;
  let at = 2;
  for (; at + 4 <= file.length && file[at + 1] !== START_OF_SCAN; ) {
    if (file[at + 1] === 0xff) {
      at++;
      continue;
    }
    sequential ||= FRAME.includes(file[at + 1]!);
    at += 2 + file[at + 2]! * 256 + file[at + 3]!;
  }
  if (!sequential) return true;
  do at = file.indexOf(0xff, at + 1);
  while (at >= 0 && isData(file[at + 1]!));
  return at >= 0 && file[at + 1] === END;
}
