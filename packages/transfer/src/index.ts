/**
 * Transfer of a frozen encoder to other datasets.
 *
 * @example
 * ```ts
 * import { fitImages } from '@simclr/transfer';
 *
 * const digits = { data: new Uint8Array(64), shape: [8, 8, 1] as const, labels: Int32Array.of(0), classes: ['0'], rows: 1, digest: '' };
 * for await (const batch of fitImages(digits, [28, 28, 1], 'bicubic').batches()) console.log(batch.length); // 784
 * ```
 */
export type { TransferConfig } from './config.ts';
export { fitImages } from './fit-images.ts';
