/**
 * A complete MLflow tracking client, and a journal that makes logging independent of the server.
 *
 * ```ts
 * import { contextTags, createClient, openJournal, startSender } from '@simclr/mlflow';
 *
 * const journal = openJournal('out/mlflow', { key: crypto.randomUUID(), experiment: 'demo', runName: 'a', tags: contextTags() });
 * const sender = startSender('out/mlflow', createClient({ trackingUri: 'http://127.0.0.1:5000' }));
 * journal.params({ lr: 0.1 });
 * for (let step = 0; step < 100; step++) journal.metrics({ loss: 1 / (step + 1) }, step);
 * journal.end('FINISHED');
 * console.log((await sender.stop({ flushMs: 5000 })) ? 'delivered' : 'the rest is sent later');
 * ```
 *
 * Every function takes one object of parameters and is named after its REST endpoint.
 */

/** What a run holds. */
export { deleteArtifact, downloadArtifact, listArtifacts, uploadArtifact } from './artifacts.ts';
/** The journal, and sending it. */
export { type Sender, type SenderOptions, startSender } from './background.ts';
export { type Batch, logBatch } from './batch.ts';
/** Connection. */
export { type Client, createClient } from './client.ts';
export { contextTags } from './context.ts';
export { type Cursor, readCursor } from './cursor.ts';
export type { DatasetEntry, Entry, RunEntry } from './entries.ts';
export { MlflowError } from './errors.ts';
/** Experiments and runs. */
export {
  createExperiment,
  deleteExperiment,
  ensureExperiment,
  getExperiment,
  getExperimentByName,
  restoreExperiment,
  searchExperiments,
  setExperimentTag,
  updateExperiment,
} from './experiments.ts';
export { logImage } from './images.ts';
export { logInputs, logOutputs, metaDataset } from './inputs.ts';
export { endUnfinished, imageFile, type Journal, openJournal, readJournal, tagRun } from './journal.ts';
export { LIMITS } from './limits.ts';
/** Models: logged by runs, and registered under names. */
export {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  getLoggedModel,
  logLoggedModelParams,
  searchLoggedModels,
  setLoggedModelTags,
} from './logged-models.ts';
export {
  deleteTag,
  getMetricHistory,
  getMetricHistoryBulkInterval,
  logMetric,
  logParam,
  setTag,
} from './metrics.ts';
export {
  createModelVersion,
  deleteModelVersion,
  deleteModelVersionTag,
  getModelVersion,
  getModelVersionByAlias,
  searchModelVersions,
  setModelVersionTag,
  updateModelVersion,
} from './model-versions.ts';
export { waitReady } from './ready.ts';
export {
  createRegisteredModel,
  deleteRegisteredModel,
  deleteRegisteredModelAlias,
  deleteRegisteredModelTag,
  getRegisteredModel,
  renameRegisteredModel,
  searchRegisteredModels,
  setRegisteredModelAlias,
  setRegisteredModelTag,
  updateRegisteredModel,
} from './registered-models.ts';
export {
  createRun,
  deleteRun,
  findRunByKey,
  getRun,
  RUN_KEY_TAG,
  restoreRun,
  runUrl,
  searchRuns,
  updateRun,
} from './runs.ts';
export { type SendResult, sendJournal } from './send.ts';
/** A local server. */
export { ensureServer, findServer, type LocalServer, stopServer } from './server.ts';
export { startSystemMetrics } from './system-metrics.ts';
export type {
  Dataset,
  DatasetInput,
  Experiment,
  FileInfo,
  LifecycleStage,
  LoggedModel,
  LoggedModelStatus,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
  RunInfo,
  RunStatus,
  ViewType,
} from './types.ts';
