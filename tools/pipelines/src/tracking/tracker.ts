import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ensureExperiment, findRunByKey, getExperiment, readJournal, sendJournals } from '@simclr/mlflow';
import type { Run } from '../definition/run.ts';
import type { TaskStatus } from '../launch/session.ts';
import { onStopSignal } from '../launch/stop-signals.ts';
import { noteOf, type StageRow } from '../run/note.ts';
import { select } from '../run/plan.ts';
import { taskFolder } from '../run/task-folder.ts';
import { type Comparison, comparisonOf, comparisonTable, headlinesOf } from './comparison.ts';
import { type Compared, runsPage, showExperiment } from './experiment-page.ts';
import { mlflowLine, pipelineJournals } from './journals.ts';
import { experimentName } from './mlflow-names.ts';
import { openServer, type Server } from './mlflow-server.ts';
import { type Outcome, readOutcome } from './outcomes.ts';
import { openParentRun } from './parent-run.ts';
import type { Params } from './stage-log.ts';
import type { Status } from './study-runs.ts';

// While stages run, the curves in MLflow are at most this old.
const SEND_EVERY_MS = 3000;
// How long the end of a run waits: for a server of ours that is still starting, and for anyone else's.
const OWN_SERVER_MS = 90_000;
const OTHER_SERVER_MS = 1000;
// An end that someone asked for comes soon, whatever the server does.
const KILLED_MS = 8000;

export interface Tracker {
  /**
   * Ends the parent run and sends everything.
   * @param outcomes of all tasks where the run is finished
   * @returns the address to look at, or undefined where it is for later
   */
  finish(status: Status, rows: StageRow[], outcomes: readonly Outcome[]): Promise<string | undefined>;
}

/**
 * The parent run of a pipeline run, and what keeps MLflow up to date meanwhile. Stages write journals; this sends them,
 * from the first stage's start on, and has the parent show what they have come to. Nothing ever waits for the server but the
 * end, and that for a bounded time. A server that is new to this checkout gets all runs of the pipeline, those of cached
 * stages among them; not those of others.
 *
 * @param statuses what is known of the tasks at work, asked for again and again
 */
export function startTracker(
  run: Run,
  { key, params }: { key: string; params: Params },
  statuses: () => TaskStatus[],
  print: (line: string) => void,
): Tracker {
  const { workspace, pipeline, tasks } = run;
  const { root } = workspace;
  const comparison = comparisonOf(run);
  const parent = openParentRun(run, comparison, { key, params });
  const refused = new Set<string>();
  const added = new Set<string>();
  /** What is done has its results, and so has what that needed. */
  const collect = () => {
    const now = statuses();
    const done = now.filter(({ status }) => status === 'done').map(({ id }) => id);
    const fresh = select(tasks, done).filter(({ id }) => !added.has(id));
    const outcomes = done.length ? fresh.flatMap((task) => readOutcome(workspace, task) ?? []) : [];
    for (const { task } of outcomes) added.add(task.id);
    parent.add(
      outcomes,
      now.map(({ id }) => id),
    );
  };
  const send = async (client: Client, signal: AbortSignal) => {
    const { problems } = await sendJournals(pipelineJournals(root, pipeline.name), client, { signal });
    for (const { line } of problems) refused.add(line);
  };
  const enough = new AbortController();
  const opening = openServer(root).catch((error: unknown) => void print(mlflowLine(error)));
  const sending = opening.then((server) => server && keepSending(server, collect, send, enough.signal, print));
  const tableOf = (outcomes: readonly Outcome[]) => comparisonTable(run, comparison, outcomes);

  /** The last word: what the stages logged, then the parent with links to their runs, and how to compare it. */
  const conclude = async (
    { client }: Server,
    end: (links: { runIds: Map<string, string>; experimentId: string }) => void,
    { rows, outcomes }: { rows: StageRow[]; outcomes: readonly Outcome[] },
    signal: AbortSignal,
  ) => {
    await send(client, signal);
    const experimentId = await ensureExperiment({ client, name: experimentName(pipeline), signal });
    const runIds = new Map<string, string>();
    for (const { key: runKey } of rows) {
      const run = await findRunByKey({ client, experimentIds: [experimentId], key: runKey, signal });
      if (run) runIds.set(runKey, run.info.runId);
    }
    end({ runIds, experimentId });
    await send(client, signal);
    const metrics = headlinesOf(run, comparison, outcomes).map(({ name }) => name);
    const compared = { kind: comparedKind(comparison), metrics: [...new Set(metrics)] };
    if (metrics.length) await showExperiment({ client, experimentId, signal }, compared);
    return runsPage(client, await getExperiment({ client, experimentId, signal }));
  };

  return {
    async finish(status, rows, outcomes) {
      enough.abort();
      await sending;
      const hurry = new AbortController();
      const undo = onStopSignal(() => hurry.abort());
      if (status === 'KILLED') setTimeout(() => hurry.abort(), KILLED_MS).unref();
      const said = status === 'FAILED' ? failures(run, statuses()) : '';
      let ended = false;
      const end = (links: { runIds: Map<string, string>; experimentId?: string }) => {
        ended = true;
        parent.end(status, said + noteOf(tableOf(outcomes), rows, links));
      };
      try {
        if (status === 'FINISHED') parent.add(outcomes);
        else collect();
        const server = await opening;
        if (!server) return undefined;
        await waitFor(server, status, hurry.signal, print);
        return await conclude(server, end, { rows, outcomes }, hurry.signal);
      } catch (error) {
        print(`${hurry.signal.aborted ? 'mlflow: not waited for' : mlflowLine(error)}. ${later}`);
        return undefined;
      } finally {
        undo();
        if (!ended) end({ runIds: new Map() });
        for (const line of refused) print(`mlflow: not taken: ${line}`);
      }
    },
  };
}

/** Which runs of an experiment are compared. */
function comparedKind({ items }: Comparison): Compared['kind'] {
  if (!items.length) return 'pipeline';
  return items.every(({ group }) => group === '') ? 'seed' : 'item';
}

/** What failed, and the last lines of its error, as its own run has it. */
function failures({ workspace, tasks }: Run, statuses: readonly TaskStatus[]): string {
  const failed = statuses.filter(({ status }) => status === 'failed');
  return failed
    .map(({ id, key }) => {
      const task = tasks.find((each) => each.id === id)!;
      let said = '';
      for (const entry of readJournal(join(taskFolder(workspace.root, task).journals, key)))
        if (entry.type === 'tags') said = entry.values.error ?? said;
      return [`**failed: ${id}**`, '', '```', said, '```', '', ''].join('\n');
    })
    .join('');
}

const later = 'the journals keep it: the next run sends it, or npm run mlflow:sync';
const isOwn = () => !process.env.MLFLOW_TRACKING_URI;

/**
 * Sends what is new every few seconds until told to stop. A server that does not answer is tried again; of one that
 * someone named it is said, once: an address or a password that is wrong is known before the hours that a run takes.
 */
async function keepSending(
  { client, ready }: Server,
  collect: () => void,
  send: (client: Client, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  let told = isOwn();
  while (!signal.aborted) {
    try {
      collect();
      await ready(SEND_EVERY_MS, signal);
      await send({ ...client, maxRetries: 0 }, signal);
    } catch (error) {
      // The end of the run says so again if it is still away then.
      if (!told && !signal.aborted) print(`${mlflowLine(error)}. the journals keep what is logged meanwhile`);
      told = true;
    }
    await sleep(SEND_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Waits for the server, a bounded time; says so where that is longer than a moment. */
async function waitFor(
  server: Server,
  status: string,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const own = isOwn();
  const limit = own && status !== 'KILLED' ? OWN_SERVER_MS : OTHER_SERVER_MS;
  const notice = setTimeout(() => own && print(`mlflow: waiting for ${server.uri}`), 1500);
  try {
    await server.ready(limit, signal);
  } finally {
    clearTimeout(notice);
  }
}
