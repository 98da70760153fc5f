/**
 * What the files of graphs say of themselves. Loads no TensorFlow and no onnxruntime: for a dry run.
 *
 * @example
 * ```ts
 * import { graphPath, readGraphFile } from '@simclr/encoders/graph-files';
 *
 * readGraphFile(graphPath('encoder.onnx')!).inputs; // [{ key: 'images', shape: [null, 3, 224, 224], … }]
 * ```
 */
export type { GraphFile, GraphTensor } from './graph/graph-file.ts';
export { graphPath, readGraphFile } from './graph/read-graph-file.ts';
export { readOnnxModel } from './onnx/read-model.ts';
