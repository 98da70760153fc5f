import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '@simclr/mlflow';
import { processAlive } from '@simclr/mlflow/processes';
import { Interrupted, type StageResult, UserError, writeManifest } from '@simclr/stage';
import { loadConfigFile, taskSeed } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { loadStage, parseTaskConfig } from '../definition/stages.ts';
import { expand, inputsByRole, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { people, print } from '../launch/console.ts';
import { takeLease } from '../launch/lease.ts';
import { openSession } from '../launch/open-session.ts';
import { removeSession } from '../launch/session.ts';
import { abortOnStop, EXIT_INTERRUPTED } from '../launch/stop-signals.ts';
import { tasksNamed } from '../run/plan.ts';
import { readRun } from '../run/run-record.ts';
import { adoptShare } from '../run/run-task.ts';
import { manifestOf, readJsonIfSound, taskFolder } from '../run/task-folder.ts';
import { bringData } from '../sharing/fetch-data.ts';
import { stageLog } from '../tracking/stage-log.ts';
import { explain } from '../why/why.ts';
import { type Comparison, compareResults, comparisonLines } from './compare.ts';

// It has no checkpoint to write.
const GRACE_MS = 5000;

/**
 * Runs a stage again, from its beginning, in a scratch folder, and compares what it makes with what is recorded. Results,
 * MLflow and DVC's cache stay as they are.
 *
 * @param stage its name, or that of an item of its matrix
 * @returns the exit code: 0 where all is the same bit for bit, 1 where something differs, 75 where it was interrupted
 * @throws UserError one line: a result that is not up to date, or not there
 */
export async function verify(workspace: Workspace, name: string, stage: string, json: boolean): Promise<number> {
  const { root } = workspace;
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  const named = tasksNamed(tasks, [stage]);
  const plan = await explain(workspace, name, [stage]);
  const again = `run npm run pipeline -- run ${name} ${stage}`;
  for (const { task, reasons } of plan)
    if (named.has(task.id) && reasons.length)
      throw new UserError(`not up to date: ${task.id}: ${reasons[0]}. ${again}`);
  const wanted = tasks.filter(({ id }) => named.has(id));
  const needed = new Set(wanted.flatMap(({ id, needs }) => [id, ...needs.map((need) => need.id)]));
  const session = await openSession(root, pipeline, 'task', print);
  const stop = abortOnStop(GRACE_MS, () => process.exit(EXIT_INTERRUPTED));
  try {
    const read = tasks.filter(({ id }) => needed.has(id));
    const lost = await bringData(root, pipeline, read, print);
    if (lost.length) throw new UserError(`lost data: ${lost.map(({ id }) => id).join(', ')}. ${again}`);
    const found: Record<string, Comparison> = {};
    for (const task of wanted) {
      found[task.id] = await verifyTask({ workspace, pipeline, tasks }, task, stop.signal);
      for (const line of comparisonLines(task.id, found[task.id]!)) print(line);
    }
    if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return Object.values(found).every(({ same }) => same) ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    print('interrupted: nothing was changed');
    return EXIT_INTERRUPTED;
  } finally {
    stop.release();
    removeSession(session);
  }
}

async function verifyTask({ workspace, pipeline, tasks }: Run, task: Task, signal: AbortSignal): Promise<Comparison> {
  const { root } = workspace;
  const folder = taskFolder(root, task);
  const manifest = manifestOf(folder)!;
  const metrics = readRun(folder.run)?.metrics ?? readJsonIfSound<StageResult['metrics']>(folder.metrics) ?? {};
  const file = loadConfigFile(root, pipeline);
  const stage = await loadStage(workspace, task);
  const config = parseTaskConfig(stage, file, pipeline, task);
  const say = (line: string) => print(`${task.id}: ${line}`);
  const lease = await takeLease(`${task.id} of ${pipeline.name}`, task.spec.resources, say, () => signal.aborted);
  if (!lease) throw new Interrupted();
  adoptShare(lease.share);
  const scratch = scratchFolder(join(root, pipeline.dir, 'out/.verify'));
  const [work, out] = [join(scratch, 'work'), join(scratch, 'work/out')];
  mkdirSync(out, { recursive: true });
  // A journal that no one sends.
  const journal = openJournal(join(scratch, 'journal'), { key: 'verify', experiment: 'verify', tags: {} });
  const { isTTY = false, columns = 100 } = people();
  const log = stageLog(task.id, journal, { write: (text) => void people().write(text), isTTY, columns });
  try {
    const inputs = inputsByRole(task, (id) => {
      const need = taskFolder(root, tasks.find((each) => each.id === id)!);
      return { folder: need.data, metrics: readJsonIfSound<StageResult['metrics']>(need.metrics) ?? {} };
    });
    const result = await stage.run({ config, inputs, out, work, log, seed: taskSeed(file, task), signal });
    const again = { manifest: writeManifest(out), metrics: result.metrics };
    return compareResults({ manifest, metrics }, again);
  } finally {
    log.close();
    await lease.release();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A new folder of this process, on the disk of the results, since data may be large; those of processes that are gone go. */
function scratchFolder(above: string): string {
  mkdirSync(above, { recursive: true });
  for (const name of readdirSync(above)) {
    if (!processAlive(Number(name))) rmSync(join(above, name), { recursive: true, force: true });
  }
  const own = join(above, String(process.pid));
  rmSync(own, { recursive: true, force: true });
  return own;
}
