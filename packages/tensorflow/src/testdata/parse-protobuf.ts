/** Reads what the writer wrote: fields of varints, 4 bytes, or bytes. */
export function parse(bytes: Buffer): [field: number, value: bigint | Buffer][] {
  const fields: [number, bigint | Buffer][] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++]!);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    if ((tag & 7) === 0) {
      fields.push([tag >> 3, varint()]);
      continue;
    }
    const size = (tag & 7) === 5 ? 4 : Number(varint());
    fields.push([tag >> 3, bytes.subarray(at, at + size)]);
    at += size;
  }
  return fields;
}
