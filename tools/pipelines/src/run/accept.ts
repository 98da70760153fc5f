import { join } from 'node:path';
import { contextTags, tagRun } from '@simclr/mlflow';
import { hashFile, UserError } from '@simclr/stage';
import { type ConfigFile, loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline, type Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { lockEntry } from '../dvc/dvc.ts';
import { hydrate, md5Of } from '../dvc/dvc-cache.ts';
import { syncDvcYaml } from '../dvc/dvc-yaml.ts';
import { syncKeys, syncOwnData } from '../inputs/keys.ts';
import { readOwnData } from '../inputs/own-data.ts';
import { codeChanges, fingerprint, otherChanges, type TaskInputs, taskInputs } from '../inputs/task-inputs.ts';
import { print } from '../launch/console.ts';
import { openSession, requireAlone } from '../launch/open-session.ts';
import { removeSession } from '../launch/session.ts';
import { runningServer } from '../tracking/mlflow-server.ts';
import { prepareCheckout } from './checkout.ts';
import { tasksNamed } from './plan.ts';
import { recordAnew } from './record-anew.ts';
import { type Acceptance, type RunRecord, readRun } from './run-record.ts';
import { dataDigest, knownDigest, type TaskFolder, taskFolder } from './task-folder.ts';
import { readState } from './work-state.ts';

/** A result whose code has changed since. */
interface Changed {
  task: Task;
  folder: TaskFolder;
  record: RunRecord;
  /** As they are now. */
  inputs: TaskInputs;
  /** What of the code differs, in words. */
  changes: string[];
}

/**
 * Takes the results of stages as made by the code as it is now, where someone knows that what changed in it does not
 * matter for them: who, when and why are in run.json and among the tags of the MLflow run that made the data. The data
 * stay as they are, and nothing runs.
 *
 * @param stages names of stages, or of single items of their matrices; all of them, or none
 * @returns the exit code
 * @throws UserError one line, before anything is touched: no results, something else that changed, nothing that did
 */
export async function accept(workspace: Workspace, name: string, stages: string[], reason: string): Promise<number> {
  const { root } = workspace;
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  const config = loadConfigFile(root, pipeline);
  requireAlone(root, pipeline);
  const named = tasksNamed(tasks, stages);
  const own = await readOwnData(workspace, config, tasks);
  const digests = new Map(tasks.map((task) => [task.id, knownDigest(taskFolder(root, task))]));
  const changed = tasks
    .filter(({ id }) => named.has(id))
    .map((task) => {
      const inputs = taskInputs(workspace, config, task, (id) => digests.get(id)!, own.get(task.id));
      return compare(root, pipeline, task, inputs);
    })
    .filter(({ changes }) => changes.length);
  if (!changed.length)
    throw new UserError(`nothing to accept: the code of ${stages.join(', ')} is what made the results`);

  // As a run, so that none changes meanwhile what is recorded.
  const session = await openSession(root, pipeline, 'run', print);
  try {
    const run = { workspace, pipeline, tasks };
    await prepareCheckout(run, print);
    syncKeys(workspace, name);
    syncOwnData(root, pipeline, tasks, own);
    await syncDvcYaml(workspace, name);
    const by = contextTags({ cwd: root })['mlflow.user'] ?? 'unknown';
    for (const each of changed) await take(run, config, each, { at: new Date().toISOString(), by, reason });
  } finally {
    removeSession(session);
  }
  const address = await runningServer(root, pipeline);
  print(address ? `mlflow: ${address}` : 'mlflow: the journals keep the tags: the next run sends them');
  return 0;
}

/** @throws UserError where there is no result, or something else than its code has changed */
function compare(root: string, pipeline: Pipeline, task: Task, inputs: TaskInputs): Changed {
  const folder = taskFolder(root, task);
  const record = readRun(folder.run);
  if (!record || !knownDigest(folder) || !lockEntry(folder.pipeline, task.id))
    throw new UserError(`no results: ${task.id}. run npm run pipeline -- run ${pipeline.name} ${task.id}`);
  const [other] = otherChanges(record.inputs, inputs);
  if (other)
    throw new UserError(`not only code: ${task.id}: ${other}. run npm run pipeline -- run ${pipeline.name} ${task.id}`);
  const changes = codeChanges(record.inputs, inputs);
  if (readState(folder)?.fingerprint === fingerprint(inputs))
    throw new UserError(
      `begun with its code as it is now: ${task.id}. npm run pipeline -- run ${pipeline.name} ${task.id} makes the rest`,
    );
  if (!dataDigest(folder) && !hydrate(root, folder))
    throw new UserError(`lost data: ${task.id}. run npm run pipeline -- run ${pipeline.name} ${task.id}`);
  // An earlier call that was killed in the middle.
  const unfinished =
    record.accepted && md5Of(lockEntry(folder.pipeline, task.id), 'run.json') !== hashFile(folder.run, 'md5');
  return { task, folder, record, inputs, changes: unfinished ? [...changes, 'not all written'] : changes };
}

async function take(
  run: Run,
  config: ConfigFile,
  { task, folder, record, inputs, changes }: Changed,
  how: Omit<Acceptance, 'changes'>,
): Promise<void> {
  const accepted: RunRecord = { ...record, inputs, accepted: [...(record.accepted ?? []), { ...how, changes }] };
  if (!(await recordAnew(run, config, task, accepted)))
    throw new UserError(
      `not accepted: ${task.id}: its data were changed since they were made. run npm run pipeline -- run ${run.pipeline.name} --force ${task.id}`,
    );
  const tags = { reason: how.reason, by: how.by, at: how.at, changes: changes.join('; ') };
  const tagged = tagRun(
    join(folder.journals, record.key),
    Object.fromEntries(Object.entries(tags).map(([key, value]) => [`simclr.accepted.${key}`, value])),
  );
  print(`${task.id}: accepted, its results count as made by the code of now: ${changes.join('; ')}`);
  if (!tagged) print(`mlflow: the run of ${task.id} has no journal here: its tags stay as they are`);
}
