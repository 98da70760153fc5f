import type { DatasetInput, Experiment, Metric, Run, RunInfo, WireNumber } from './types.ts';

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
  inputs?: { dataset_inputs?: WireDatasetInput[] };
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

export function toMetric(wire: WireMetric): Metric {
  return {
    key: wire.key,
    value: Number(wire.value),
    timestamp: Number(wire.timestamp),
    step: Number(wire.step ?? 0),
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
  const { info, data, inputs } = wire;
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
  };
}

function toDatasetInput({ dataset, tags }: WireDatasetInput): DatasetInput {
  const { source_type: sourceType, ...rest } = dataset;
  return { dataset: { ...rest, sourceType }, context: fromPairs(tags)[CONTEXT_TAG] };
}
