import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Reads what the writer wrote, by another's reader: fields of varints, 4 bytes, or bytes. */
export function parse(bytes: Buffer): [field: number, value: bigint | Buffer][] {
  const reader = new BinaryReader(bytes);
  const fields: [number, bigint | Buffer][] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.Varint) fields.push([field, BigInt(reader.uint64())]);
    else if (type === WireType.Bit32) fields.push([field, bytes.subarray(reader.pos, (reader.fixed32(), reader.pos))]);
    else fields.push([field, Buffer.from(reader.bytes())]);
  }
  return fields;
}
