import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import {
  type Client,
  createLoggedModel,
  finalizeLoggedModel,
  findLoggedModelByTag,
  type LoggedModel,
  logMetric,
  logOutputs,
  readCursor,
  uploadArtifact,
} from '@simclr/mlflow';
import { type Manifest, writeJson } from '@simclr/stage';
import { readJson, readJsonIfSound } from '../run/task-folder.ts';
import { MODELS_FILE, type PlannedModel } from './model-plan.ts';

/** The tag by which an encoder is found again: a model is logged once, however many runs have it. */
export const DIGEST_TAG = 'simclr.digest';

/**
 * Logs the models that are noted beside a journal (whose own models are copies, each of one run), once its run is on the
 * server. An encoder that an earlier run logged is the same model: the run has it as an output too, and adds its metrics.
 *
 * @param dir of the journal
 * @param root of the workspace
 */
export async function sendModels(dir: string, root: string, client: Client, signal?: AbortSignal): Promise<void> {
  const plans = readJson<PlannedModel[]>(join(dir, MODELS_FILE));
  const run = readCursor(dir, client.trackingUri);
  if (!plans || !run) return;
  const marker = join(dir, 'models-sent.json');
  const sent = readJsonIfSound<Record<string, number>>(marker) ?? {};
  for (const plan of plans) {
    const id = `${client.trackingUri} ${run.runId} ${plan.digest}`;
    if (sent[id] === plan.time) continue;
    const { experimentId, runId } = run;
    const model =
      (await findModel(client, experimentId, plan.digest, signal)) ?? (await create(client, run, plan, signal));
    const { modelId } = model;
    if (model.status !== 'LOGGED_MODEL_READY') await upload(client, model, root, plan, signal);
    await logOutputs({ client, runId, models: [{ modelId }], signal });
    for (const { name: key, value, dataset } of plan.metrics)
      await logMetric({ client, runId, key, value, modelId, dataset, timestamp: plan.time, signal });
    sent[id] = plan.time;
    writeJson(marker, sent);
  }
}

/** The model of an encoder in an experiment, by its digest. */
export const findModel = (client: Client, experimentId: string, digest: string, signal?: AbortSignal) =>
  findLoggedModelByTag({ client, experimentIds: [experimentId], key: DIGEST_TAG, value: digest, signal });

async function create(
  client: Client,
  run: { experimentId: string; runId: string },
  plan: PlannedModel,
  signal?: AbortSignal,
) {
  const { name, params, digest, madeBy } = plan;
  const { experimentId, runId: sourceRunId } = run;
  const tags = { [DIGEST_TAG]: digest, 'simclr.made_by': madeBy };
  return createLoggedModel({ client, experimentId, name, sourceRunId, modelType: 'encoder', params, tags, signal });
}

/** Its files, if they are those that it was noted for: a later run may have written others. */
async function upload(client: Client, model: LoggedModel, root: string, plan: PlannedModel, signal?: AbortSignal) {
  const { modelId, artifactUri } = model;
  const folder = join(root, plan.folder);
  const there = readJsonIfSound<Manifest>(join(folder, 'manifest.json'), 'digest')?.digest === plan.digest;
  for (const path of there ? plan.files : [])
    await uploadArtifact({ client, artifactUri, path, data: await openAsBlob(join(folder, path)), signal });
  const status = there ? 'LOGGED_MODEL_READY' : 'LOGGED_MODEL_UPLOAD_FAILED';
  await finalizeLoggedModel({ client, modelId, status, signal });
}
