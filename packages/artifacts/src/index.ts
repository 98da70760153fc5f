/**
 * Every file that passes between stages: what is in it, its reader and its writer. Writers refuse what the schema does not
 * know; readers take what older versions wrote, or say in one line what to run.
 *
 * {@link ../example.ts} runs.
 */
export type { DatasetInfo, DatasetMetric } from './dataset-info.ts';
export { DATASET_METRICS, readDatasetInfo, writeDatasetInfo } from './dataset-info.ts';
export type { AnyEncoderInfo, EncoderFile, EncoderInfo, GraphEncoderInfo } from './encoder.ts';
export {
  ENCODER_JSON,
  ENCODER_WEIGHTS,
  readAnyEncoderInfo,
  readEncoderInfo,
  whyUntrainable,
  writeEncoderInfo,
  writeGraphEncoderInfo,
} from './encoder.ts';
export type { FeatureSet } from './features.ts';
export { featuresPath, readFeatures, writeFeatures } from './features.ts';
export type { FeaturesInfo } from './features-info.ts';
export { readFeaturesInfo, writeFeaturesInfo } from './features-info.ts';
export type { FlagKind } from './flags.ts';
export { Flag } from './flags.ts';
export type { Curves } from './history.ts';
export { emptyHistory, History, readHistory, writeHistory } from './history.ts';
export type { ImageDigests } from './image-digests.ts';
export { imageDigest, readImageDigests, writeImageDigests } from './image-digests.ts';
export type { MissingDataset } from './missing.ts';
export { passOnMissing, readMissing, requireDatasets, writeMissing } from './missing.ts';
export type { Neighbours } from './neighbours.ts';
export { hasNeighbours, readNeighbours, writeNeighbours } from './neighbours.ts';
export type { ViewPolicy } from './policy.ts';
export { readViewPolicy, writeViewPolicy } from './policy.ts';
export type { Prediction, Predictions } from './predictions.ts';
export { packFloats, readPredictions, unpackFloats, writePredictions } from './predictions.ts';
export type { ResizeName } from './preprocessing.ts';
export { Preprocessing, preprocessing, REFERENCE_CROP, RESIZES, resizeName } from './preprocessing.ts';
export { readPreview, writePreview } from './preview.ts';
export type { FeatureKind, OmittedRow, Protocol, ResultRow, Results, RowKey } from './results.ts';
export { FEATURE_KINDS, labelPercent, PROTOCOLS, readResults, writeResults } from './results.ts';
export type { SkippedImage } from './skipped.ts';
export { writeSkipped } from './skipped.ts';
export { readTrials, Trial, writeTrials } from './trials.ts';
