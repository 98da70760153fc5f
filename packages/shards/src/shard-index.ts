import { MessageReader } from 'apache-arrow';

/** Where the record batches of a shard are, for reading one without the others. */
export interface ShardIndex {
  file: string;
  batches: { offset: number; bytes: number; rows: number }[];
}

/** Reads the framing of an Arrow IPC stream: 0xFFFFFFFF, length of the metadata, metadata, body. */
export function indexBatches(stream: Uint8Array): ShardIndex['batches'] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const reader = new MessageReader(stream);
  const batches: ShardIndex['batches'] = [];
  for (let offset = 0; offset + 8 <= stream.length; ) {
    const metadata = view.getInt32(offset + 4, true);
    if (metadata === 0) break;
    const message = reader.readMessage();
    if (!message) break;
    const body = Number(message.bodyLength);
    const bytes = 8 + metadata + body;
    if (message.isRecordBatch()) batches.push({ offset, bytes, rows: Number(message.header().length) });
    if (body > 0) reader.readMessageBody(body);
    offset += bytes;
  }
  return batches;
}
