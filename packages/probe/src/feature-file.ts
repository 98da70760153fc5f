import { existsSync, readFileSync } from 'node:fs';
import { UserError, writeFileAtomic } from '@simclr/stage';
import {
  type Data,
  Field,
  FixedSizeList,
  Float32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
} from 'apache-arrow';
import type { FeatureSet } from './rows.ts';

/** Writes features as one Arrow IPC stream: `feature` FixedSizeList<float32>[dim], `label` int64. */
export function writeFeatures(path: string, { features, labels, dim }: FeatureSet): void {
  const type = new FixedSizeList(dim, new Field('item', new Float32(), true));
  const schema = new Schema([new Field('feature', type, true), new Field('label', new Int64(), true)]);
  const child = makeData({ type: new Float32(), data: features });
  const feature = makeData({ type, length: labels.length, nullCount: 0, child });
  const label = makeData({ type: new Int64(), data: BigInt64Array.from(labels, BigInt) });
  const children = [feature, label] as unknown as Data[];
  const data = makeData({ type: new Struct(schema.fields), length: labels.length, nullCount: 0, children });
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, schema);
  writer.write(new RecordBatch(schema, data as never));
  writer.finish();
  writeFileAtomic(path, writer.toUint8Array(true));
}

/** Reads what `writeFeatures` wrote. */
export function readFeatures(path: string): FeatureSet {
  if (!existsSync(path)) throw new UserError(`missing features: ${path}. run the stage that writes them`);
  const [batch] = [...RecordBatchReader.from(readFileSync(path))];
  if (!batch) throw new UserError(`empty features: ${path}. run the stage that writes them again`);
  const column = batch.getChildAt<FixedSizeList<Float32>>(0)!.data[0]!;
  const dim = column.type.listSize;
  return {
    // Arrow pads buffers to 8 bytes.
    features: (column.children[0]!.values as Float32Array).subarray(0, batch.numRows * dim),
    labels: Int32Array.from(batch.getChildAt(1)!.data[0]!.values as BigInt64Array, Number),
    dim,
  };
}
