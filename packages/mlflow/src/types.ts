/** A number as it travels in JSON, which has no NaN and no infinities. */
export type WireNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';
export type LifecycleStage = 'active' | 'deleted';

/** One point of a curve. */
export interface Metric {
  key: string;
  value: number;
  /** ms since 1970. */
  timestamp: number;
  step: number;
  /** Of the logged model that it is about. */
  modelId?: string | undefined;
  /** What it was measured on: of the run's inputs. */
  dataset?: Pick<Dataset, 'name' | 'digest'> | undefined;
}

export interface Experiment {
  experimentId: string;
  name: string;
  artifactLocation: string;
  lifecycleStage: LifecycleStage;
  creationTime: number;
  lastUpdateTime: number;
  tags: Record<string, string>;
}

export interface RunInfo {
  runId: string;
  runName: string;
  experimentId: string;
  status: RunStatus;
  /** ms since 1970. */
  startTime: number;
  endTime: number | undefined;
  artifactUri: string;
  lifecycleStage: LifecycleStage;
}

export interface Run {
  info: RunInfo;
  /** The last point of each curve. */
  metrics: Record<string, Metric>;
  params: Record<string, string>;
  tags: Record<string, string>;
  datasets: DatasetInput[];
  /** Logged models that it used, and that it made. */
  inputModels: string[];
  outputModels: { modelId: string; step: number }[];
}

export type LoggedModelStatus = 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED';

export interface LoggedModel {
  modelId: string;
  experimentId: string;
  name: string;
  modelType: string | undefined;
  sourceRunId: string | undefined;
  status: LoggedModelStatus;
  /** Where its files are, for the functions of artifacts. */
  artifactUri: string;
  /** ms since 1970. */
  creationTime: number;
  params: Record<string, string>;
  tags: Record<string, string>;
  /** The last point of each, by dataset. */
  metrics: Metric[];
}

export interface RegisteredModel {
  name: string;
  description: string;
  /** ms since 1970. */
  creationTime: number;
  tags: Record<string, string>;
  /** Alias → version. */
  aliases: Record<string, string>;
}

export interface ModelVersion {
  name: string;
  /** A number, as text. */
  version: string;
  description: string;
  source: string;
  runId: string | undefined;
  modelId: string | undefined;
  status: string;
  /** ms since 1970. */
  creationTime: number;
  tags: Record<string, string>;
  aliases: string[];
}

/** A dataset as MLflow stores it; `source`, `schema` and `profile` are JSON texts. */
export interface Dataset {
  name: string;
  /** ≤ 36 characters. */
  digest: string;
  sourceType: string;
  source: string;
  schema?: string | undefined;
  profile?: string | undefined;
}

export interface DatasetInput {
  dataset: Dataset;
  /** `training`, `evaluation`: the tag `mlflow.data.context`. */
  context: string | undefined;
}

export interface FileInfo {
  /** Relative to the run's artifact folder. */
  path: string;
  isDir: boolean;
  fileSize: number | undefined;
}
