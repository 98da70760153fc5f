import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { ConfigFile } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { loadConfig, planStages, requireRunnable } from '../definition/stage-plans.ts';
import { expand } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { hydrate } from '../dvc/dvc-cache.ts';
import { dvcYamlPath, syncDvcYaml } from '../dvc/dvc-yaml.ts';
import { syncKeys, syncOwnData } from '../inputs/keys.ts';
import { type OwnData, readOwnData } from '../inputs/own-data.ts';
import { capacity, requireCapacity, slots } from '../launch/capacity.ts';
import { people, print } from '../launch/console.ts';
import { requireContainer, scheduler } from '../launch/launchers.ts';
import { openSession, requireAlone } from '../launch/open-session.ts';
import { scanProgress } from '../launch/scan-progress.ts';
import { removeSession, type Session } from '../launch/session.ts';
import { EXIT_INTERRUPTED } from '../launch/stop-signals.ts';
import { comparisonOf, comparisonTable } from '../tracking/comparison.ts';
import { runningServer } from '../tracking/mlflow-server.ts';
import { readOutcome } from '../tracking/outcomes.ts';
import { parentParams } from '../tracking/parent-params.ts';
import { registerEncoders } from '../tracking/register.ts';
import type { Params } from '../tracking/stage-log.ts';
import { prepareCheckout } from './checkout.ts';
import { summaryTable } from './note.ts';
import { outcomeJson, type RunOutcome } from './outcome-json.ts';
import {
  dueTogether,
  followers,
  forcedBefore,
  formatAccepted,
  formatPlan,
  type Planned,
  planTasks,
  requireNamed,
  select,
  tasksNamed,
} from './plan.ts';
import { runSession, type SessionResult } from './run-session.ts';
import { isSettled, settle } from './settle.ts';
import { nameGroups } from './submit-together.ts';
import { takeKnown } from './take-known.ts';
import { taskFolder } from './task-folder.ts';
import { lastFiles, stageRows } from './what-to-show.ts';

export interface RunOptions {
  force?: string[];
  from?: string[];
  only?: boolean;
  jobs?: number | undefined;
  register?: boolean;
  json?: boolean;
}

/**
 * Brings a pipeline up to date, or some stages and what they need: what `npm run quickstart` calls.
 *
 * @param options.force stages that are run anew though nothing changed; what follows them runs if their data did
 * @param options.from stages that are run anew with all that follows them
 * @param options.only whether it is an error where something else than `stages` and those is not up to date
 * @param options.jobs how many tasks may be at work at once; if nothing is said, as many as the machine has room for
 * @param options.register whether encoders become versions of a registered model
 * @param options.json whether the outcome is printed as JSON, on standard output
 * @returns the exit code: 0, 1 (a stage failed), 75 (interrupted)
 * @throws UserError one line, before anything runs
 */
export async function runPipeline(
  workspace: Workspace,
  name: string,
  stages: string[],
  { force = [], from = [], only = false, jobs, register = false, json = false }: RunOptions = {},
): Promise<number> {
  const { root } = workspace;
  const pipeline = loadPipeline(workspace, name);
  const all = expand(pipeline);
  const first = tasksNamed(all, from);
  const named = [...tasksNamed(all, force), ...first, ...followers(all, [...first])];
  const wanted = [...stages, ...force, ...from];
  const tasks = select(all, stages.length || only ? wanted : []);
  const run = { workspace, pipeline, tasks };
  const config = await loadConfig(run);
  requireAlone(root, pipeline);
  const scan = scanProgress(people());
  const own = await readOwnData(workspace, config, all, scan.tell).finally(scan.stop);
  const plan = planTasks(workspace, config, tasks, own, { forced: new Set(named) });
  const forced = new Set([...named, ...forcedBefore(root, plan)]);
  const due = plan.filter(({ reasons }) => reasons.length);
  if (only) requireNamed(pipeline.name, due, tasksNamed(all, wanted));
  if (due.length) {
    const plans = await planStages(run, config);
    requireRunnable(
      pipeline,
      due.map(({ task }) => task),
      plans,
    );
    requireContainer(pipeline.kubernetes, `${pipeline.dir}/pipeline.yaml`);
    // A scheduler knows itself what it has.
    const machine = scheduler() ? undefined : capacity();
    for (const { task } of machine ? due : [])
      requireCapacity(task.id, task.spec.resources, machine!, `${pipeline.dir}/pipeline.yaml`);
  }
  const session = await openSession(root, pipeline, 'run', print);
  try {
    const outcome = await bringUpToDate(run, session, { config, forced, plan, own, jobs });
    const done = outcome.code === 0;
    const registered = register && done ? await registerEncoders(run, outcome.outcomes, print) : [];
    if (json) process.stdout.write(`${JSON.stringify(outcomeJson(run, outcome, registered), null, 2)}\n`);
    return outcome.code;
  } finally {
    removeSession(session);
  }
}

interface Intent {
  config: ConfigFile;
  /** Ids of those that are run anew though nothing changed. */
  forced: ReadonlySet<string>;
  jobs: number | undefined;
  plan: Planned[];
  own: ReadonlyMap<string, OwnData>;
}

async function bringUpToDate(run: Run, session: Session, intent: Intent): Promise<RunOutcome> {
  const { config, own, plan: before, ...how } = intent;
  const { workspace, pipeline, tasks } = run;
  const { root } = workspace;
  await prepareCheckout(run, print);
  syncKeys(workspace, pipeline.name);
  syncOwnData(root, pipeline, expand(pipeline), own);
  if (await syncDvcYaml(workspace, pipeline.name))
    print(`${dvcYamlPath(pipeline.name)}: brought in line with pipeline.yaml`);
  const plan = await takeKnown(run, intent, print);
  const wanted = plan.filter(({ reasons }) => reasons.length).map(({ task }) => task.spec.resources);
  const due = wanted.length > 0;
  if (due) people().write(`${pipeline.name}\n${formatPlan(plan)}\n`);

  let resolved: Promise<Params> | undefined;
  const params = () => {
    resolved ??= parentParams(run, config);
    return resolved;
  };
  const jobs = how.jobs ?? (scheduler() ? Math.min(wanted.length, MAX_WAITING) : slots(wanted, capacity()));
  if (scheduler()) nameGroups(session, dueTogether(plan), jobs);
  // Where nothing is due Nx has nothing to decide, and takes a second or two for it.
  // It is to remember what DVC alone knew, for when the next change is taken back; not where that is on the remote.
  const taken = plan !== before && tasks.every((task) => hydrate(root, taskFolder(root, task)));
  const result =
    due || taken || !isSettled(run) ? await runSession(run, session, params, print, { ...how, jobs }) : NOTHING_RAN;
  if (result.ok) await settle(root, pipeline, tasks);
  const rows = stageRows(root, tasks, result);
  const outcomes = result.ok ? tasks.flatMap((task) => readOutcome(workspace, task) ?? []) : [];
  const mlflow = result.tracker
    ? await result.tracker.finish(statusOf(result), rows, outcomes)
    : await runningServer(root, pipeline);
  const made = new Set(rows.map(({ id }) => id));
  const left = tasks.map(({ id }) => id).filter((id) => !made.has(id));
  const reports = result.ok && !left.length ? lastFiles(root, tasks, (file) => file.endsWith('.html')) : [];
  const outcome = { code: 1, failed: result.failed, rows, outcomes, reports, mlflow };
  if (result.interrupted) {
    print('interrupted: run again to resume');
    return { ...outcome, code: EXIT_INTERRUPTED };
  }
  if (!result.ok) {
    if (result.skipped.length) print(`not run, as they need what failed: ${result.skipped.join(', ')}`);
    print(`failed: ${result.failed.join(', ') || pipeline.name}. correct it and run again`);
    return outcome;
  }
  if (left.length) {
    print(
      `not run: ${left.join(', ')}. nx does not see ${pipeline.dir}: take it out of .gitignore and .nxignore, and run again`,
    );
    return outcome;
  }
  const ran = rows.some(({ seconds }) => seconds !== undefined);
  if (ran || plan !== before || due)
    people().write(`\n${summaryTable(rows, comparisonTable(run, comparisonOf(run), outcomes))}\n`);
  else print(`nothing to do: all ${tasks.length} stages are up to date (${pipeline.dir}/pipeline.yaml)`);
  people().write(formatAccepted(plan));
  for (const summary of lastFiles(root, tasks, (file) => file === 'summary.txt'))
    people().write(`\n${readFileSync(summary, 'utf8')}\n`);
  for (const page of reports) print(`report: ${relative(process.cwd(), page)}`);
  if (mlflow) print(`mlflow: ${mlflow}`);
  return { ...outcome, code: 0 };
}

/** Tasks that wait for a scheduler's jobs at once: each is a process here, of some ten MB. */
const MAX_WAITING = 32;

const NOTHING_RAN: SessionResult = {
  ok: true,
  interrupted: false,
  failed: [],
  skipped: [],
  statuses: [],
  tracker: undefined,
};

function statusOf(result: SessionResult): 'FINISHED' | 'FAILED' | 'KILLED' {
  if (result.interrupted) return 'KILLED';
  return result.ok ? 'FINISHED' : 'FAILED';
}
