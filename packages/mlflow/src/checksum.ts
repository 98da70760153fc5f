/** A journal's line is its entry with `crc` in front: `{"crc":"1c291ca3","time":…}`, of all that comes behind. */
const HEAD = '{"crc":"';
const BODY = HEAD.length + '12345678",'.length;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 (ISO 3309, as in zip and PNG), 8 hexadecimal digits. Node has it from 20.15 and 22.2 on only. */
function crc32(bytes: Uint8Array): string {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

/** An object as a line, without its newline. */
export function withChecksum(value: object): string {
  const body = JSON.stringify(value).slice(1);
  return headOf(body) + body;
}

const headOf = (body: string): string => `${HEAD}${crc32(Buffer.from(body))}",`;

/** What a line holds, without its checksum; undefined where it is damaged. Lines of before, which had none, are taken. */
export function checked(line: string): object | undefined {
  const body = line.slice(BODY);
  const whole = line.startsWith(HEAD) && line.slice(0, BODY) === headOf(body);
  if (!whole && !line.startsWith('{"time":')) return undefined;
  try {
    return JSON.parse(whole ? `{${body}` : line) as object;
  } catch {
    return undefined;
  }
}
