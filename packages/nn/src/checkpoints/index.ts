/**
 * Pretrained ResNets of other programs, from their checkpoints. Loads no TensorFlow.
 *
 * @example
 * ```ts
 * import { importCheckpoint, matchCheckpoint } from '@simclr/nn/checkpoints';
 *
 * matchCheckpoint('resnet50.pth').parameters; // 23508032, from names and shapes alone
 * const { architecture, tensors } = importCheckpoint('resnet50.pth', { normalize: 'none' });
 * ```
 */
export { featureDim, hasStemPool, type ResNetConfig, stemStrideOf } from '../resnet-config.ts';
export { saveSafetensors } from '../safetensors.ts';
export { IMAGENET_STATISTICS } from './geometry.ts';
export { type ImportedCheckpoint, importCheckpoint } from './import-checkpoint.ts';
export { type ImportOptions, matchCheckpoint } from './match-checkpoint.ts';
export { fieldsOf } from './protobuf.ts';
