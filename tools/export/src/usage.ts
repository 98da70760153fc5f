import type { Command } from '@simclr/command-line';

/** What `npm run export` takes. */
export const EXPORT = {
  names: ['<folder>', '<target>'],
  says: 'an encoder as a file.onnx, or as a SavedModel; a dataset of ingest as Parquet',
  example: 'export pipelines/quickstart/out/pretrain/data encoder.onnx',
} as const satisfies Command;
