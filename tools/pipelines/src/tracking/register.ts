import {
  type Client,
  createModelVersion,
  ensureExperiment,
  ensureRegisteredModel,
  findLoggedModelByTag,
  getRegisteredModel,
  MODEL_KEY_TAG,
  type ModelVersion,
  searchModelVersions,
  sendJournals,
  setModelVersionTag,
  setRegisteredModelAlias,
} from '@simclr/mlflow';
import { UserError } from '@simclr/stage';
import type { Run } from '../definition/run.ts';
import { comparisonOf, headlinesOf } from './comparison.ts';
import { mlflowLine, pipelineJournals } from './journals.ts';
import { experimentName } from './mlflow-names.ts';
import { openServer } from './mlflow-server.ts';
import { judgedBy, type Outcome } from './outcomes.ts';

/** How long our server may take to start. */
const START_MS = 120_000;

/** Of a version: the encoder's digest, by which it is found again. */
const DIGEST_TAG = 'simclr.digest';

/** What `best` goes by: the first headline metric, and its name. */
const SCORE = { value: 'simclr.score', name: 'simclr.score_of' };

/** A version of a registered model. */
export interface Registered {
  name: string;
  version: string;
  aliases: string[];
  /** The task that made the encoder. */
  task: string;
}

/**
 * Registers the encoders of a pipeline as versions of a model of the pipeline's name. The alias `best` is that of the version
 * with the highest first headline metric; `latest` MLflow has itself, and takes as an alias from nobody. An encoder that is
 * registered already stays the version that it is.
 *
 * @throws UserError where there is no server, or an encoder was never logged
 */
export async function registerEncoders(
  run: Run,
  outcomes: readonly Outcome[],
  print: (line: string) => void,
): Promise<Registered[]> {
  const { workspace, pipeline } = run;
  const encoders = outcomes.filter(({ gives }) => gives === 'encoder');
  if (!encoders.length) throw new UserError(`no encoder to register: ${pipeline.name} has no stage that makes one`);
  try {
    const server = await openServer(workspace.root);
    await server.ready(START_MS);
    const { client } = server;
    await sendJournals(pipelineJournals(workspace.root, pipeline.name), client);
    const experimentId = await ensureExperiment({ client, name: experimentName(pipeline) });
    const name = pipeline.name;
    await ensureRegisteredModel({ client, name });
    const made: { task: string; version: string }[] = [];
    for (const encoder of encoders) {
      const tag = { key: MODEL_KEY_TAG, value: encoder.digest };
      const model = await findLoggedModelByTag({ client, experimentIds: [experimentId], ...tag });
      if (!model) throw new Error(`no logged model: ${encoder.task.id}. run it anew: --force ${encoder.task.id}`);
      const { modelId, sourceRunId } = model;
      const version = await versionOf({ client, name, modelId, runId: sourceRunId, digest: encoder.digest });
      const [score] = headlinesOf(run, comparisonOf(run), outcomes, judgedBy(encoder, outcomes));
      if (score) await tagVersion(client, version, { [SCORE.name]: score.name, [SCORE.value]: String(score.value) });
      made.push({ task: encoder.task.id, version: version.version });
    }
    const best = await bestVersion(client, name);
    if (best) await setRegisteredModelAlias({ client, name, alias: 'best', version: best });
    const { aliases } = await getRegisteredModel({ client, name });
    const registered = made.map(({ task, version }) => {
      return { name, version, aliases: Object.keys(aliases).filter((alias) => aliases[alias] === version), task };
    });
    for (const { version, aliases: own, task } of registered)
      print(`registered: ${task} is ${name} version ${version}${own.length ? ` (${own.sort().join(', ')})` : ''}`);
    return registered;
  } catch (error) {
    throw new UserError(mlflowLine(error));
  }
}

/** The version that is a logged model: the one there is, or a new one. */
async function versionOf(params: {
  client: Client;
  name: string;
  modelId: string;
  runId: string | undefined;
  digest: string;
}): Promise<ModelVersion> {
  const { client, name, modelId, runId, digest } = params;
  const source = `models:/${modelId}`;
  for await (const version of searchModelVersions({ client, filter: `name = '${name}'` }))
    if (version.tags[DIGEST_TAG] === digest) return version;
  return createModelVersion({
    client,
    name,
    source,
    modelId,
    ...(runId && { runId }),
    tags: { [DIGEST_TAG]: digest },
  });
}

async function tagVersion(
  client: Client,
  { name, version }: ModelVersion,
  tags: Record<string, string>,
): Promise<void> {
  for (const [key, value] of Object.entries(tags)) await setModelVersionTag({ client, name, version, key, value });
}

/** The version with the highest score, among those whose score is of the same metric as the last one's. */
async function bestVersion(client: Client, name: string): Promise<string | undefined> {
  const scored: { version: string; of: string; score: number }[] = [];
  for await (const { version, tags } of searchModelVersions({ client, filter: `name = '${name}'` })) {
    const { [SCORE.name]: of, [SCORE.value]: value } = tags;
    if (of !== undefined && value !== undefined) scored.push({ version, of, score: Number(value) });
  }
  scored.sort((a, b) => Number(b.version) - Number(a.version));
  const same = scored.filter(({ of }) => of === scored[0]!.of);
  return same.sort((a, b) => b.score - a.score)[0]?.version;
}
