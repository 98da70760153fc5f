/**
 * Datasets as folders of Arrow shards that Hugging Face `datasets.load_from_disk` and pyarrow open as they are.
 *
 * {@link ../example.ts} runs.
 */
export type { EncodedRow, PixelRow } from './columns.ts';
export type { Encoded } from './encoded.ts';
export { closeEncoded, imagePath, loadEncoded } from './encoded.ts';
export type { ImageShape } from './features.ts';
export { huggingFaceFeatures, pixelsOf } from './features.ts';
export type { InputDataset, SplitName } from './input.ts';
export { inputDatasets, loadInput, loadSplit } from './input.ts';
export { joinSplits } from './join.ts';
export type { Label } from './label.ts';
export { readImage } from './read-image.ts';
export type { Pixels, SplitInfo } from './reader.ts';
export { loadPixels, readBatches, readSplitInfo } from './reader.ts';
export type { About, AnyRow } from './writer.ts';
export { SplitWriter, writeDatasetDict, writeEncodedSplit, writePixelSplit } from './writer.ts';
