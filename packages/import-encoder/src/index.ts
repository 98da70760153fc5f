/**
 * Pretrained encoders of other programs: a checkpoint as the folder of an encoder, for the stage `import-encoder` and for
 * `npm run import`.
 *
 * @example
 * ```ts
 * import { importEncoder } from '@simclr/import-encoder';
 *
 * const { table } = await importEncoder('resnet50.pth', 'encoders/resnet50', { dataset: 'imagenet' });
 * console.log(table);
 * ```
 */
export { importEncoder } from './import-encoder.ts';
