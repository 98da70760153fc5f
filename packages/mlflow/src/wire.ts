import type {
  DatasetInput,
  Experiment,
  LoggedModel,
  Metric,
  ModelVersion,
  RegisteredModel,
  Run,
  RunInfo,
  WireNumber,
} from './types.ts';

/** MLflow's JSON, in the shapes of its protobuf messages, and the way from there to our types. */

export interface WireTag {
  key: string;
  value: string;
}

export interface WireMetric {
  key: string;
  value: WireNumber;
  timestamp: number | string;
  step?: number | string;
  model_id?: string | undefined;
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}

export interface WireExperiment {
  experiment_id: string;
  name: string;
  artifact_location: string;
  lifecycle_stage: Experiment['lifecycleStage'];
  creation_time?: number | string;
  last_update_time?: number | string;
  tags?: WireTag[];
}

export interface WireRun {
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    status: RunInfo['status'];
    start_time: number | string;
    end_time?: number | string;
    artifact_uri: string;
    lifecycle_stage: RunInfo['lifecycleStage'];
  };
  data?: { metrics?: WireMetric[]; params?: WireTag[]; tags?: WireTag[] };
  inputs?: { dataset_inputs?: WireDatasetInput[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step?: number | string }[] };
}

export interface WireLoggedModel {
  info: {
    model_id: string;
    experiment_id: string;
    name: string;
    model_type?: string;
    source_run_id?: string;
    status: LoggedModel['status'];
    artifact_uri: string;
    creation_timestamp_ms: number | string;
    tags?: WireTag[];
  };
  data?: { params?: WireTag[]; metrics?: WireMetric[] };
}

export interface WireRegisteredModel {
  name: string;
  description?: string;
  creation_timestamp: number | string;
  tags?: WireTag[];
  aliases?: { alias: string; version: string }[];
}

export interface WireModelVersion {
  name: string;
  version: string;
  description?: string;
  source?: string;
  run_id?: string;
  model_id?: string;
  status: string;
  creation_timestamp: number | string;
  tags?: WireTag[];
  aliases?: string[];
}

export interface WireDatasetInput {
  tags?: WireTag[];
  dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile?: string };
}

export const CONTEXT_TAG = 'mlflow.data.context';

export function encodeNumber(value: number): WireNumber {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

export function toPairs(values: Record<string, string>): WireTag[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

function fromPairs(pairs: WireTag[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]));
}

export function toWireMetric({ key, value, timestamp, step, modelId, dataset }: Metric): WireMetric {
  return {
    key,
    value: encodeNumber(value),
    timestamp,
    step,
    ...(modelId !== undefined && { model_id: modelId }),
    ...(dataset && { dataset_name: dataset.name, dataset_digest: dataset.digest }),
  };
}

export function toMetric(wire: WireMetric): Metric {
  const { model_id: modelId, dataset_name: name, dataset_digest: digest } = wire;
  return {
    key: wire.key,
    value: Number(wire.value),
    timestamp: Number(wire.timestamp),
    step: Number(wire.step ?? 0),
    ...(modelId && { modelId }),
    ...(name && { dataset: { name, digest: digest ?? '' } }),
  };
}

export function toExperiment(wire: WireExperiment): Experiment {
  return {
    experimentId: wire.experiment_id,
    name: wire.name,
    artifactLocation: wire.artifact_location,
    lifecycleStage: wire.lifecycle_stage,
    creationTime: Number(wire.creation_time ?? 0),
    lastUpdateTime: Number(wire.last_update_time ?? 0),
    tags: fromPairs(wire.tags),
  };
}

export function toRun(wire: WireRun): Run {
  const { info, data, inputs, outputs } = wire;
  return {
    info: {
      runId: info.run_id,
      runName: info.run_name,
      experimentId: info.experiment_id,
      status: info.status,
      startTime: Number(info.start_time),
      endTime: info.end_time === undefined ? undefined : Number(info.end_time),
      artifactUri: info.artifact_uri,
      lifecycleStage: info.lifecycle_stage,
    },
    metrics: Object.fromEntries((data?.metrics ?? []).map((metric) => [metric.key, toMetric(metric)])),
    params: fromPairs(data?.params),
    tags: fromPairs(data?.tags),
    datasets: (inputs?.dataset_inputs ?? []).map(toDatasetInput),
    inputModels: (inputs?.model_inputs ?? []).map((model) => model.model_id),
    outputModels: (outputs?.model_outputs ?? []).map((model) => ({
      modelId: model.model_id,
      step: Number(model.step ?? 0),
    })),
  };
}

function toDatasetInput({ dataset, tags }: WireDatasetInput): DatasetInput {
  const { source_type: sourceType, ...rest } = dataset;
  return { dataset: { ...rest, sourceType }, context: fromPairs(tags)[CONTEXT_TAG] };
}

export function toLoggedModel({ info, data }: WireLoggedModel): LoggedModel {
  return {
    modelId: info.model_id,
    experimentId: info.experiment_id,
    name: info.name,
    modelType: info.model_type || undefined,
    sourceRunId: info.source_run_id || undefined,
    status: info.status,
    artifactUri: info.artifact_uri,
    creationTime: Number(info.creation_timestamp_ms),
    params: fromPairs(data?.params),
    tags: fromPairs(info.tags),
    metrics: (data?.metrics ?? []).map(toMetric),
  };
}

export function toRegisteredModel(wire: WireRegisteredModel): RegisteredModel {
  return {
    name: wire.name,
    description: wire.description ?? '',
    creationTime: Number(wire.creation_timestamp),
    tags: fromPairs(wire.tags),
    aliases: Object.fromEntries((wire.aliases ?? []).map(({ alias, version }) => [alias, version])),
  };
}

export function toModelVersion(wire: WireModelVersion): ModelVersion {
  return {
    name: wire.name,
    version: wire.version,
    description: wire.description ?? '',
    source: wire.source ?? '',
    runId: wire.run_id || undefined,
    modelId: wire.model_id || undefined,
    status: wire.status,
    creationTime: Number(wire.creation_timestamp),
    tags: fromPairs(wire.tags),
    aliases: wire.aliases ?? [],
  };
}
