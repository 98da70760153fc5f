/**
 * Pretrained encoders of other programs: a checkpoint as the folder of an encoder, for the stage `import-encoder` and for
 * `npm run import`.
 *
 * @example
 * ```ts
 * import { importEncoder, reportTable } from '@simclr/import-encoder';
 *
 * const imported = importEncoder('resnet50.pth', 'encoders/resnet50', { dataset: 'imagenet' });
 * console.log(reportTable(imported));
 * ```
 */
export { importEncoder } from './import-encoder.ts';
export { reportTable } from './report-table.ts';
