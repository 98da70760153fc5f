/**
 * Pretrained encoders of other programs: a checkpoint as the folder of an encoder, for the stage `import-encoder` and for
 * `npm run import`. {@link ../example.ts} plans one.
 */
export { importEncoder } from './import-encoder.ts';
