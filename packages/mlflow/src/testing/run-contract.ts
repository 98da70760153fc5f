import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { downloadArtifact, listArtifacts } from '../artifacts.ts';
import type { Client } from '../client.ts';
import { ensureExperiment } from '../experiments.ts';
import { start } from '../fluent/start.ts';
import { findLoggedModelByTag, getLoggedModel, searchLoggedModels } from '../logged-models.ts';
import { getMetricHistory, logMetric } from '../metrics.ts';
import { getModelVersionByAlias, searchModelVersions } from '../model-versions.ts';
import { createRun, runUrl, searchRuns, updateRun } from '../runs.ts';
import { sendJournal } from '../send.ts';
import { MODEL_KEY_TAG } from '../send-model.ts';
import { collect } from './collect.ts';

/** What real-server.test.ts asks of a real server about runs that are logged in a call: tests for its `describe`. */
export function runContract(at: () => Client, python: string): void {
  const dataset = { name: 'digits', digest: '0123' };
  const folder = () => mkdtempSync(join(tmpdir(), 'run contract '));

  it('logs a run that is, field by field, one that Python’s client logged', async () => {
    const dir = folder();
    const options = { experiment: 'both', trackingUri: at().trackingUri, dir };
    const parent = await start({ ...options, name: 'our parent' });
    const run = await start({ ...options, name: 'ours', parent, tags: { own: 'größe' } });
    run.params({ lr: 0.1, nesterov: true, depth: 18 });
    run.dataset({ ...dataset, context: 'training', source: 'https://host/x.zip', rows: 9 });
    for (let step = 0; step < 3; step++) run.metrics({ loss: 1 / (step + 1), nan: Number.NaN }, step);
    run.metric('accuracy', 0.5);
    run.metric('accuracy', 0.75);
    run.tag('team', 'a');
    run.text('notes/a.txt', 'größe');
    run.dict('config.json', { lr: 0.1, list: [1, 2] });
    run.table('mistakes.json', [
      { image: 7, label: 'cat' },
      { image: 8, label: 'dog' },
    ]);
    const named = { name: 'encoder', modelType: 'encoder', params: { dim: '512' }, tags: { digest: 'abc' } };
    const model = run.model({ ...named, step: 2, files: {} });
    run.metric('top1', 0.9, 2, { model, dataset });
    expect(await parent.end('FINISHED', { waitMs: 60_000 })).toMatchObject({ delivered: true });
    expect(await run.end('FINISHED', { waitMs: 60_000 })).toMatchObject({ delivered: true });
    rmSync(dir, { recursive: true });

    const script = join(import.meta.dirname, '../testdata/log_run.py');
    const env = { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' };
    const { stdout } = await promisify(execFile)(python, [script, at().trackingUri, 'both'], { env });
    type Seen = Record<string, unknown> & { tags: Record<string, string>; models: { tags: Record<string, string> }[] };
    const seen = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, Seen>;
    const [ours, theirs] = [seen.ours!, seen.python!];
    const { 'simclr.run_key': key, ...tags } = ours.tags;
    const { 'simclr.model_key': modelKey, ...modelTags } = ours.models[0]!.tags;
    expect([key, modelKey]).toEqual([run.key, model]);
    const origin = /^mlflow\.(user|source\..*)$/; // Each names its own script.
    const rest = (all: Record<string, string>) => Object.entries(all).filter(([name]) => !origin.test(name));
    const { 'mlflow.loggedArtifacts': tables = '', ...ownTags } = tags;
    const { 'mlflow.loggedArtifacts': theirTables = '', ...theirTags } = theirs.tags;
    expect(JSON.parse(tables)).toEqual(JSON.parse(theirTables));
    expect(rest(ownTags).sort()).toEqual(rest(theirTags).sort());
    expect(Object.keys(tags)).toEqual(
      expect.arrayContaining(Object.keys(theirs.tags).filter((one) => origin.test(one))),
    );
    expect({ ...ours, tags: {}, parent: 'parent', models: [{ ...ours.models[0]!, tags: modelTags }] }).toEqual({
      ...theirs,
      tags: {},
    });
    expect(ours.parent).toBe('our parent');
  }, 180_000);

  it('registers a model with its files once, however often it is sent', async () => {
    const client = at();
    const dir = folder();
    const run = await start({ experiment: 'registered', trackingUri: client.trackingUri, dir });
    const register = { name: 'fluent encoder', aliases: ['best'] };
    const files = { 'encoder.json': '{}', 'deep/weights.bin': new Uint8Array([1, 2, 3]) };
    const key = run.model({ name: 'encoder', files, register });
    expect(run.model({ name: 'encoder', files, register })).toBe(key);
    const { delivered, url } = await run.end('FINISHED', { waitMs: 60_000 });
    expect(delivered).toBe(true);
    rmSync(join(run.dir, 'sent.json'));
    expect(await sendJournal(run.dir, client)).toMatchObject({ remaining: 0, rejected: [] });
    rmSync(dir, { recursive: true });

    const experimentId = await ensureExperiment({ client, name: 'registered' });
    const models = await collect(searchLoggedModels({ client, experimentIds: [experimentId] }));
    expect(models.map(({ status }) => status)).toEqual(['LOGGED_MODEL_READY']);
    const { modelId, artifactUri } = await getLoggedModel({ client, modelId: models[0]!.modelId });
    expect((await listArtifacts({ client, artifactUri })).map(({ path }) => path)).toEqual(['deep', 'encoder.json']);
    expect([...(await downloadArtifact({ client, artifactUri, path: 'deep/weights.bin' }))]).toEqual([1, 2, 3]);
    const versions = await collect(searchModelVersions({ client, filter: "name = 'fluent encoder'" }));
    expect(versions.map(({ version, source }) => [version, source])).toEqual([['1', `models:/${modelId}`]]);
    const best = await getModelVersionByAlias({ client, name: 'fluent encoder', alias: 'best' });
    const [one] = await collect(searchRuns({ client, experimentIds: [experimentId] }));
    expect([best.version, best.runId]).toEqual(['1', one!.info.runId]);
    expect(url).toBe(runUrl({ trackingUri: client.trackingUri, ...one!.info }));
    expect(one!.outputModels).toEqual([{ modelId, step: 0 }]);
  }, 120_000);

  it('has one model of a key, however many runs log it, with the metrics of each', async () => {
    const client = at();
    const dir = folder();
    const weights = join(dir, 'weights.bin');
    writeFileSync(weights, 'weights');
    for (const name of ['first', 'second']) {
      const run = await start({ experiment: 'shared', name, trackingUri: client.trackingUri, dir });
      const model = run.model({ key: 'digest-1', name: 'encoder', files: { 'weights.bin': { link: weights } } });
      run.metric(`${name}_top1`, 0.5, 0, { model });
      expect(await run.end('FINISHED', { waitMs: 60_000 })).toMatchObject({ delivered: true });
    }
    rmSync(dir, { recursive: true });
    const experimentIds = [await ensureExperiment({ client, name: 'shared' })];
    const [model, ...others] = await collect(searchLoggedModels({ client, experimentIds }));
    expect(others).toEqual([]);
    expect(model!.metrics.map(({ key }) => key).sort()).toEqual(['first_top1', 'second_top1']);
    expect(await findLoggedModelByTag({ client, experimentIds, key: MODEL_KEY_TAG, value: 'digest-1' })).toEqual(model);
    const runs = await collect(searchRuns({ client, experimentIds }));
    expect(runs.map(({ outputModels }) => outputModels)).toEqual(Array(2).fill([{ modelId: model!.modelId, step: 0 }]));
    const { artifactUri } = model!;
    expect(Buffer.from(await downloadArtifact({ client, artifactUri, path: 'weights.bin' })).toString()).toBe(
      'weights',
    );
  }, 120_000);
  it('goes on with the run that MLFLOW_RUN_ID names, and begins others in the experiment of MLFLOW_EXPERIMENT_ID', async () => {
    const client = at();
    const dir = folder();
    const experimentId = await ensureExperiment({ client, name: 'begun elsewhere' });
    const tags = { 'mlflow.source.name': 'job.py' };
    const { runId } = (await createRun({ client, experimentId, runName: 'begun', startTime: 1000, tags })).info;
    await logMetric({ client, runId, key: 'loss', value: 1 });
    await updateRun({ client, runId, status: 'FAILED', endTime: 2000 });
    Object.assign(process.env, { MLFLOW_RUN_ID: runId, MLFLOW_EXPERIMENT_ID: experimentId });
    try {
      const run = await start({ trackingUri: client.trackingUri, dir, tags: { own: 'x' } });
      expect(run.key).toBe(runId);
      const below = await start({ trackingUri: client.trackingUri, dir, name: 'below', parent: run });
      run.metric('loss', 0.5, 1);
      expect(await run.end('FINISHED', { waitMs: 60_000 })).toMatchObject({ delivered: true });
      expect(await below.end('FINISHED', { waitMs: 60_000 })).toMatchObject({ delivered: true });
    } finally {
      for (const name of ['MLFLOW_RUN_ID', 'MLFLOW_EXPERIMENT_ID']) delete process.env[name];
      rmSync(dir, { recursive: true });
    }
    const search = { client, experimentIds: [experimentId], orderBy: ['attributes.run_name ASC'] };
    const [run, below, ...others] = await collect(searchRuns(search));
    expect(others).toEqual([]);
    expect(run!.info).toMatchObject({ runId, runName: 'begun', status: 'FINISHED', startTime: 1000 });
    expect(run!.tags).toMatchObject({ ...tags, own: 'x' });
    expect((await collect(getMetricHistory({ client, runId, key: 'loss' }))).map(({ value }) => value)).toEqual([
      1, 0.5,
    ]);
    expect(below!.tags['mlflow.parentRunId']).toBe(runId);
  }, 120_000);
}
