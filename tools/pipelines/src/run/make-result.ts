import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal, reportFatalErrors, startSystemMetrics } from '@simclr/mlflow';
import { type StageResult, UserError } from '@simclr/stage';
import { taskSeed } from '../definition/config-file.ts';
import { givenBy } from '../definition/contract.ts';
import type { Run } from '../definition/run.ts';
import { loadStage, parseTaskConfig } from '../definition/stages.ts';
import { inputsByRole, type Task } from '../definition/tasks.ts';
import { restoreLast } from '../dvc/dvc-cache.ts';
import { keepKeys } from '../inputs/keys.ts';
import { requireUnchanged } from '../inputs/own-data-key.ts';
import type { TaskInputs } from '../inputs/task-inputs.ts';
import { keepLines, stageConsole } from '../launch/console.ts';
import { when } from '../launch/process-id.ts';
import { isForced, reportLost, type Session, stopRequested, type TaskStatus, writeStatus } from '../launch/session.ts';
import { abortOnStop, EXIT_INTERRUPTED } from '../launch/stop-signals.ts';
import { ownJob, thisCopy } from '../launch/this-copy.ts';
import { experimentName, itemParams, itemRunOf, runName, runTags } from '../tracking/mlflow-names.ts';
import { flatten, stageLog } from '../tracking/stage-log.ts';
import { itemOf, studyItems } from '../tracking/study-items.ts';
import { takeOut } from './checkout.ts';
import { GRACE_MS } from './kill-deaf.ts';
import { onProcessEnd } from './last-word.ts';
import type { Look } from './look.ts';
import { publish, requireNumbers } from './publish-result.ts';
import { readRun } from './run-record.ts';
import { differInDefaults } from './same-config.ts';
import { damageOf } from './soundness.ts';
import { readJson, taskFolder } from './task-folder.ts';
import { timeLimit } from './time-limit.ts';
import { lastWords, tell } from './why-it-ended.ts';
import { isFenced, takeWork } from './work-folder.ts';

/**
 * Has a task's stage make its result. The outputs appear by rename once the stage is done. An interrupted or failed stage
 * leaves the data of before, and `work/`: the next run with the same inputs goes on from there, in the same MLflow run.
 *
 * @param session of the run; undefined where DVC was called by hand
 * @returns the exit code, as of {@link execTask}
 */
export async function makeResult(run: Run, task: Task, session: Session | undefined, look: Look): Promise<number> {
  const { workspace, pipeline, tasks } = run;
  const { root } = workspace;
  const terminal = stageConsole(session);
  const folders = new Map(tasks.map((each) => [each.id, taskFolder(root, each)]));
  const folder = folders.get(task.id)!;
  const { config: file, inputs, keys, own } = look;
  const stage = await loadStage(workspace, task);
  const config = parseTaskConfig(stage, file, pipeline, task);
  // DVC, called by hand, runs a stage whose record it has left in place since it was told to.
  const isSame = (before: TaskInputs) => differInDefaults(stage, task, before, inputs);
  const left = readRun(folder.run);
  const wanted = session ? isForced(session, task.id) : existsSync(folder.run) && !(left && isSame(left.inputs));
  if (!wanted && restoreLast(root, folder, inputs, isSame)) {
    const anew = `npm run pipeline -- run ${pipeline.name} --force ${task.id} makes it anew`;
    terminal.write(`${task.id}: put back from DVC's cache, as nothing changed that it was made from. ${anew}\n`);
    return 0;
  }

  const damaged = run.tasks
    .filter(({ id }) => task.needs.some((need) => need.id === id))
    .map((need) => ({ need, damage: damageOf(folders.get(need.id)!, true) }))
    .filter(({ damage }) => damage.length);
  if (damaged.length) return refuseDamaged(run, damaged, session);

  const started = Date.now();
  let giveUp = () => {};
  const stop = abortOnStop(GRACE_MS, () => {
    giveUp();
    process.exit(limit.over() ? 1 : EXIT_INTERRUPTED);
  });
  const unwatch = when(unwanted(session), stop.stop);
  const limit = timeLimit(task, () => {
    report('running');
    stop.stop();
  });
  const say = (line: string) => terminal.write(`${task.id}: ${line}\n`);
  const taken = await takeWork(folder, { inputs, forced: wanted }, say, stop.signal);
  if (!taken) return EXIT_INTERRUPTED;
  const { key, resumed, out } = taken;
  const console = keepLines(terminal, folder.log, resumed ? 'end' : 'anew');
  const report = (status: TaskStatus['status']) => {
    const seconds = (Date.now() - started) / 1000;
    const own = { id: task.id, job: ownJob(), key, status, started, seconds, resumed, timedOut: limit.over() };
    if (session) writeStatus(session, own);
    return seconds;
  };
  const items = studyItems(pipeline, tasks, ({ spec }) => givenBy(workspace, spec.run));
  const journals = join(folder.journals, key);
  const journal = openJournal(journals, {
    key,
    experiment: experimentName(pipeline),
    runName: runName(task),
    tags: { ...runTags(root, pipeline), 'simclr.kind': 'stage', 'simclr.stage': task.id },
    parentKey: session?.parentKey && itemRunOf(session.parentKey, itemOf(items, task.id)),
  });
  const log = stageLog(task.id, journal, console);
  const stopSystemMetrics = startSystemMetrics(journal);
  reportFatalErrors(journals);
  const interrupted = () => stop.signal.aborted && !limit.over();
  const fail = (error: unknown) => {
    journal.tags({ error: lastWords(error, pipeline) });
    journal.end('FAILED');
    report('failed');
  };
  const unheard = onProcessEnd((error) => {
    log.info(`failed: ${error instanceof Error ? error.message : error}`);
    fail(error);
  });
  giveUp = () => {
    unheard();
    if (limit.over()) {
      log.info(limit.error.message);
      fail(limit.error);
    } else {
      journal.end('KILLED');
      report('interrupted');
    }
  };
  /** Another copy of this job has the work: whatever this one would write now would be in its way. */
  const leaveIfFenced = () => {
    if (!isFenced(folder)) return;
    unheard();
    say(`this copy of the job was given up by ${thisCopy()?.scheduler} and ends: another one has the work`);
    process.exit(1);
  };
  const unfence = when(() => isFenced(folder), leaveIfFenced);
  // In this order: who stops the session first asks for it and then signals what is running.
  report('running');
  try {
    if (session && stopRequested(session)) stop.stop();
    log.info(resumed ? 'resumes' : 'starts');
    const seed = taskSeed(file, task);
    log.params({ seed, ...itemParams(task), ...flatten(config, task.spec.params[0]) });
    const given = inputsByRole(task, (id) => {
      const { data, metrics } = folders.get(id)!;
      return { folder: data, metrics: readJson<StageResult['metrics']>(metrics) ?? {} };
    });
    const { work } = folder;
    const result = await stage.run({ config, inputs: given, out, work, log, seed, signal: stop.signal });
    await requireUnchanged(workspace, file, task, own);
    log.close();
    stopSystemMetrics();
    const { metrics } = result;
    requireNumbers(metrics);
    if (!session) keepKeys(root, pipeline, task.id, keys);
    const [ended, seconds] = [new Date().toISOString(), (Date.now() - started) / 1000];
    leaveIfFenced();
    publish(folder, out, result, {
      key,
      stage: task.id,
      pipeline: pipeline.name,
      inputs,
      metrics,
      ended,
      seconds,
      node: process.versions.node,
    });
    journal.metrics(metrics, 0);
    journal.end('FINISHED');
    // In a session once DVC has it all: until then a kill would lose the work of hours.
    if (!session) rmSync(work, { recursive: true, force: true });
    log.info(`done in ${report('done').toFixed(1)} s`);
    return 0;
  } catch (thrown) {
    leaveIfFenced();
    log.close();
    stopSystemMetrics();
    const stopped = interrupted();
    const error = limit.over() ? limit.error : thrown;
    tell(log, error, stopped, pipeline);
    if (stopped) {
      journal.end('KILLED');
      report('interrupted');
    } else fail(error);
    return stopped ? EXIT_INTERRUPTED : 1;
  } finally {
    unheard();
    unwatch();
    unfence();
    limit.lift();
    stop.release();
  }
}

/** A stage reads no damaged data: the run, if there is one, makes them again and comes back. */
function refuseDamaged(
  { workspace: { root }, pipeline }: Run,
  damaged: { need: Task; damage: string[] }[],
  session: Session | undefined,
): number {
  const ids = damaged.map(({ need }) => need.id);
  if (!session) throw new UserError(`damaged data: ${ids.join(', ')}. run npm run pipeline -- run ${pipeline.name}`);
  const say = (line: string) => stageConsole(session).write(`${line}\n`);
  for (const { need, damage } of damaged) takeOut(root, need, say, damage);
  reportLost(session, ids);
  return 1;
}

/** Whether nobody wants the stage's result any more: the run is gone or stopped, or DVC is gone, which alone can keep it. */
function unwanted(session: Session | undefined): () => boolean {
  const parent = process.ppid;
  return () => process.ppid !== parent || (session !== undefined && stopRequested(session));
}
