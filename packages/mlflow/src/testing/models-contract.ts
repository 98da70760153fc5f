import { expect, it } from 'vitest';
import { downloadArtifact, uploadArtifact } from '../artifacts.ts';
import type { Client } from '../client.ts';
import { ensureExperiment } from '../experiments.ts';
import { logInputs, logOutputs, metaDataset } from '../inputs.ts';
import * as logged from '../logged-models.ts';
import { getMetricHistory, getMetricHistoryBulkInterval, logMetric } from '../metrics.ts';
import * as versions from '../model-versions.ts';
import * as registered from '../registered-models.ts';
import { createRun, getRun } from '../runs.ts';
import { collect } from './collect.ts';

/** What real-server.test.ts asks of a real server about models: tests to be called within its `describe`. */
export function modelsContract(at: () => Client): void {
  it('logs a model with params, files, and metrics that belong to it and to a dataset', async () => {
    const client = at();
    const experimentId = await ensureExperiment({ client, name: 'models' });
    const { runId } = (await createRun({ client, experimentId, runName: 'pretrain' })).info;
    const params = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`p${i}`, String(i)]));
    const made = await logged.createLoggedModel({
      client,
      experimentId,
      name: 'encoder',
      sourceRunId: runId,
      modelType: 'encoder',
      params,
      tags: { digest: 'abc', gone: 'x' },
    });
    const { modelId, artifactUri } = made;
    expect(made).toMatchObject({ name: 'encoder', status: 'LOGGED_MODEL_PENDING', sourceRunId: runId, params });
    await uploadArtifact({ client, artifactUri, path: 'encoder.json', data: '{}' });
    const file = await downloadArtifact({ client, artifactUri, path: 'encoder.json' });
    expect(Buffer.from(file).toString()).toBe('{}');
    const ready = await logged.finalizeLoggedModel({ client, modelId, status: 'LOGGED_MODEL_READY' });
    expect(ready.status).toBe('LOGGED_MODEL_READY');
    for (const _ of ['once', 'again']) await logOutputs({ client, runId, models: [{ modelId, step: 7 }] });
    await logged.logLoggedModelParams({ client, modelId, params: { later: '1' } });
    await logged.setLoggedModelTags({ client, modelId, tags: { note: 'größe' } });
    await logged.deleteLoggedModelTag({ client, modelId, key: 'gone' });

    const evaluation = (await createRun({ client, experimentId, runName: 'linear-eval' })).info.runId;
    const dataset = { name: 'digits', digest: '0123' };
    const input = metaDataset({ ...dataset, source: 'https://host/x.zip', rows: 9 });
    await logInputs({ client, runId: evaluation, datasets: [{ dataset: input, context: 'evaluation' }] });
    for (const _ of ['once', 'again']) await logInputs({ client, runId: evaluation, models: [modelId] });
    await logMetric({ client, runId: evaluation, key: 'accuracy', value: 0.75, modelId, dataset });

    const model = await logged.getLoggedModel({ client, modelId });
    expect(model.tags).toEqual(expect.objectContaining({ digest: 'abc', note: 'größe' }));
    expect(model.tags).not.toHaveProperty('gone');
    expect(model.params).toEqual({ ...params, later: '1' });
    expect(model.metrics).toMatchObject([{ key: 'accuracy', value: 0.75, modelId, dataset }]);
    expect((await getRun({ client, runId })).outputModels).toEqual([{ modelId, step: 7 }]);
    expect((await getRun({ client, runId: evaluation })).inputModels).toEqual([modelId]);

    const worse = await logged.createLoggedModel({ client, experimentId, name: 'other' });
    const search = { client, experimentIds: [experimentId], pageSize: 1 };
    const newest = [{ field: 'creation_timestamp', ascending: false }];
    const names = (await collect(logged.searchLoggedModels({ ...search, orderBy: newest }))).map(({ name }) => name);
    expect(names).toEqual(['other', 'encoder']);
    const good = { ...search, filter: 'metrics.accuracy > 0.7', datasets: [dataset] };
    expect((await collect(logged.searchLoggedModels(good))).map((one) => one.modelId)).toEqual([modelId]);
    await logged.deleteLoggedModel({ client, modelId: worse.modelId });
    expect(await collect(logged.searchLoggedModels(search))).toHaveLength(1);
  });

  it('registers versions of a model under a name, with aliases and tags', async () => {
    const client = at();
    const experimentId = await ensureExperiment({ client, name: 'registry' });
    const { runId, artifactUri } = (await createRun({ client, experimentId })).info;
    const model = await logged.createLoggedModel({ client, experimentId, name: 'encoder', sourceRunId: runId });
    const name = 'simclr encoder';
    await registered.createRegisteredModel({ client, name, description: 'a', tags: { team: 'x', gone: 'y' } });
    await registered.ensureRegisteredModel({ client, name });
    await expect(registered.createRegisteredModel({ client, name })).rejects.toMatchObject({
      code: 'RESOURCE_ALREADY_EXISTS',
    });
    const first = await versions.createModelVersion({ client, name, source: `${artifactUri}/encoder`, runId });
    const second = await versions.createModelVersion({
      client,
      name,
      source: `models:/${model.modelId}`,
      modelId: model.modelId,
      runId,
      tags: { n: '2' },
    });
    expect([first.version, second.version]).toEqual(['1', '2']);
    expect(await versions.getModelVersionDownloadUri({ client, name, version: '1' })).toBe(`${artifactUri}/encoder`);
    expect(second).toMatchObject({ runId, source: `models:/${model.modelId}`, tags: { n: '2' }, status: 'READY' });

    for (const [alias, version] of [
      ['best', '1'],
      ['latest-good', '2'],
      ['best', '2'],
    ] as const) {
      await registered.setRegisteredModelAlias({ client, name, alias, version });
    }
    expect((await versions.getModelVersionByAlias({ client, name, alias: 'best' })).version).toBe('2');
    await registered.deleteRegisteredModelAlias({ client, name, alias: 'latest-good' });
    await registered.setRegisteredModelTag({ client, name, key: 'k', value: 'v' });
    await registered.deleteRegisteredModelTag({ client, name, key: 'gone' });
    await registered.updateRegisteredModel({ client, name, description: 'b' });
    expect(await registered.getRegisteredModel({ client, name })).toMatchObject({
      description: 'b',
      tags: { team: 'x', k: 'v' },
      aliases: { best: '2' },
    });

    await versions.updateModelVersion({ client, name, version: '1', description: 'old' });
    await versions.setModelVersionTag({ client, name, version: '1', key: 'k', value: 'v' });
    expect(await versions.getModelVersion({ client, name, version: '1' })).toMatchObject({
      description: 'old',
      tags: { k: 'v' },
    });
    await versions.deleteModelVersionTag({ client, name, version: '1', key: 'k' });
    const search = { client, filter: `name = '${name}'`, orderBy: ['version_number ASC'], pageSize: 1 };
    const found = await collect(versions.searchModelVersions(search));
    expect(found.map(({ version, tags }) => [version, tags])).toEqual([
      ['1', {}],
      ['2', { n: '2' }],
    ]);
    await versions.deleteModelVersion({ client, name, version: '1' });
    expect(await collect(versions.searchModelVersions(search))).toHaveLength(1);

    await registered.renameRegisteredModel({ client, name, newName: 'renamed' });
    await registered.createRegisteredModel({ client, name: 'another' });
    const order = { client, orderBy: ['name ASC'], pageSize: 1 };
    const all = await collect(registered.searchRegisteredModels(order));
    expect(all.map((one) => one.name)).toEqual(['another', 'renamed']);
    await registered.deleteRegisteredModel({ client, name: 'another' });
    await registered.ensureRegisteredModel({ client, name: 'another' });
    await registered.deleteRegisteredModel({ client, name: 'another' });
    await expect(registered.getRegisteredModel({ client, name: 'another' })).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  it('gives curves of several runs, thinned', async () => {
    const client = at();
    const experimentId = await ensureExperiment({ client, name: 'bulk' });
    const runIds: string[] = [];
    for (const scale of [1, 10]) {
      const { runId } = (await createRun({ client, experimentId })).info;
      runIds.push(runId);
      for (let step = 0; step < 40; step++) await logMetric({ client, runId, key: 'loss', value: scale * step, step });
    }
    const points = await getMetricHistoryBulkInterval({ client, runIds, key: 'loss', maxResults: 10 });
    expect(new Set(points.map(({ runId }) => runId))).toEqual(new Set(runIds));
    const [whole] = [await collect(getMetricHistory({ client, runId: runIds[0]!, key: 'loss' }))];
    expect(points.length).toBeLessThan(2 * whole.length);
    expect(points.every(({ runId, step, value }) => value === (runId === runIds[0] ? step : 10 * step))).toBe(true);
    const range = await getMetricHistoryBulkInterval({ client, runIds, key: 'loss', startStep: 5, endStep: 8 });
    expect(range.map(({ step }) => step).sort()).toEqual([5, 5, 6, 6, 7, 7, 8, 8]);
  });
}
