/**
 * Runs that are logged without waiting for a server, and a complete client of MLflow's tracking server.
 *
 * ```ts
 * import { start } from '@simclr/mlflow';
 *
 * await using run = await start({ experiment: 'demo', name: 'first' });
 * run.params({ lr: 0.1 });
 * for (let step = 0; step < 100; step++) run.metric('loss', 1 / (step + 1), step);
 * ```
 *
 * Below that: a journal (`openJournal`) and what sends it (`startSender`, `sendJournal`). Functions of the client take one
 * object of parameters and are named after their REST endpoints.
 */

/** What a run holds. */
export { deleteArtifact, downloadArtifact, listArtifacts, saveArtifact, uploadArtifact } from './artifacts.ts';
/** The journal, and sending it. */
export { type Sender, type SenderOptions, startSender } from './background.ts';
export { type Batch, logBatch } from './batch.ts';
/** Connection. */
export { type Client, createClient } from './client.ts';
export { contextTags } from './context.ts';
export { type Cursor, readCursor } from './cursor.ts';
export type { About, DatasetEntry, Entry, RunEntry } from './entries.ts';
export { readJournal } from './entries.ts';
export { MlflowError } from './errors.ts';
/** Experiments and runs. */
export {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  ensureExperiment,
  getExperiment,
  getExperimentByName,
  restoreExperiment,
  searchExperiments,
  setExperimentTag,
  updateExperiment,
} from './experiments.ts';
/** How a run ends that its process does not end. */
export { endAbandoned, reportFatalErrors } from './fluent/abandoned.ts';
export { type Ending, unwatch as unwatchEnd, watch as watchEnd } from './fluent/ends.ts';
/** A run, the short way. */
export type { Draw, Spec } from './fluent/figure.ts';
export type { Recorder } from './fluent/recorder.ts';
export { type ActiveRun, type Delivery, type StartOptions, start, withRun } from './fluent/start.ts';
export type { Cell } from './fluent/table.ts';
export { logImage } from './images.ts';
export { logInputs, logOutputs, metaDataset } from './inputs.ts';
export { type Journal, type NewModel, openJournal } from './journal.ts';
export { endUnfinished, readEnd, tagRun } from './journal-end.ts';
export { type Content, imageFile } from './journal-files.ts';
export { lastLines } from './last-lines.ts';
export { LIMITS } from './limits.ts';
/** Models: logged by runs, and registered under names. */
export {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  findLoggedModelByTag,
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
  getModelVersionDownloadUri,
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
  ensureRegisteredModel,
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
export { MODEL_KEY_TAG } from './send-model.ts';
/** A local server. */
export { ensureServer, findServer, type LocalServer, stopServer } from './server.ts';
export { type SentAll, sendJournals, syncJournals } from './sync.ts';
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
