import type { Client } from './client.ts';
import { checkName, LIMITS, limitValue } from './limits.ts';
import { call } from './request.ts';
import type { Metric } from './types.ts';
import { toWireMetric, type WireMetric, type WireTag } from './wire.ts';

export interface Batch {
  metrics?: Metric[];
  params?: Record<string, string>;
  tags?: Record<string, string>;
}

/** One row of a log-batch request, checked and in its wire form. */
export type Item =
  | { kind: 'metrics'; wire: WireMetric }
  | { kind: 'params'; wire: WireTag }
  | { kind: 'tags'; wire: WireTag };

const MAX_OF_KIND = { metrics: LIMITS.batchMetrics, params: LIMITS.batchParams, tags: LIMITS.batchTags };

/**
 * Logs metrics, params and tags, in as many requests as the server's limits need. Sending the same batch again changes
 * nothing: a point is identified by (key, timestamp, step, value). A param with another value than before is an
 * MlflowError; what was sent before it stays.
 */
export async function logBatch(
  params: Batch & { client: Client; runId: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const { client, runId, signal } = params;
  await sendItems({ client, runId, items: batchItems(params, client.truncateLongValues), signal });
}

/** The rows of a batch: params first, so that a run is described before its curves come. */
export function batchItems({ metrics = [], params = {}, tags = {} }: Batch, truncate: boolean): Item[] {
  return [
    ...Object.entries(params).map(([key, value]): Item => {
      checkName('param', key);
      const text = limitValue(`param ${key}`, value, LIMITS.paramValue, truncate);
      return { kind: 'params', wire: { key, value: text } };
    }),
    ...Object.entries(tags).map(([key, value]): Item => {
      checkName('tag', key);
      return { kind: 'tags', wire: { key, value: limitValue(`tag ${key}`, value, LIMITS.tagValue, truncate) } };
    }),
    ...metrics.map((metric): Item => {
      checkName('metric', metric.key);
      return { kind: 'metrics', wire: toWireMetric(metric) };
    }),
  ];
}

/** Consecutive groups that each fit into one request. */
export function splitItems(items: Item[]): Item[][] {
  const groups: Item[][] = [];
  let group: Item[] = [];
  let counts = { metrics: 0, params: 0, tags: 0 };
  // Room for the braces, the names of the lists and a run id of any length.
  const empty = 400;
  let bytes = empty;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item.wire)) + 1;
    const full = counts[item.kind] >= MAX_OF_KIND[item.kind] || group.length >= LIMITS.batchItems;
    if (full || (bytes + size > LIMITS.batchBytes && group.length > 0)) {
      groups.push(group);
      group = [];
      counts = { metrics: 0, params: 0, tags: 0 };
      bytes = empty;
    }
    group.push(item);
    counts[item.kind]++;
    bytes += size;
  }
  return group.length > 0 ? [...groups, group] : groups;
}

export async function sendItems(params: {
  client: Client;
  runId: string;
  items: Item[];
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { client, runId, items, signal } = params;
  for (const group of splitItems(items)) {
    const of = (kind: Item['kind']) => group.filter((item) => item.kind === kind).map((item) => item.wire);
    const args = { run_id: runId, metrics: of('metrics'), params: of('params'), tags: of('tags') };
    await call({ client, method: 'POST', endpoint: 'runs/log-batch', args, signal });
  }
}
