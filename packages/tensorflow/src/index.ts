/**
 * TensorFlow for training from TypeScript: tfjs-node loaded the right way, ops with native gradients, and `compile`,
 * which turns a pure function over named tensors into one TensorFlow graph with its weights in the session.
 *
 * {@link ../example.ts} runs.
 */
export type { CompileOptions } from './compile.ts';
export { compile } from './compile.ts';
export { availableCores } from './cpu.ts';
export { decodeJpeg, tryJpeg } from './decode-jpeg.ts';
export type { DefinitionReference, StepDefinition } from './definition.ts';
export { exportSavedModel } from './export.ts';
export { feedBuffer } from './feed-buffer.ts';
export { measureGemmPeak } from './gemm-peak.ts';
export type { TensorFlow } from './load.ts';
export { tf } from './load.ts';
export type { Precision } from './machine.ts';
export { choosePrecision, describeMachine, logMachine } from './machine.ts';
export { exportOnnx } from './onnx/export-onnx.ts';
export { maxPool, relu } from './ops/activations.ts';
export { batchNormInference, batchNormTraining } from './ops/batch-norm.ts';
export { allGatherRows, allReduceSum } from './ops/collective.ts';
export { conv2d } from './ops/conv2d.ts';
export { cholesky, eigh, qr } from './ops/linear-algebra.ts';
export { countRows, lookUpRows, selectRows } from './ops/rows.ts';
export { syncBatchNormTraining } from './ops/sync-batch-norm.ts';
export { openSavedModel } from './saved-model.ts';
export type { Compiled } from './session.ts';
export type { ThreadSession } from './start-session.ts';
export { startSession } from './start-session.ts';
export type { TensorData, TensorSpec, Tensors, Tree } from './tensors.ts';
export { float32, sizeOf } from './tensors.ts';
