import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ensureExperiment, findRunByKey, type Journal, openJournal } from '@simclr/mlflow';
import type { Pipeline } from '../definition/pipeline.ts';
import { onStopSignal } from '../launch/stop-signals.ts';
import { noteTable, type StageRow } from '../run/note.ts';
import { mlflowLine, parentJournal, pipelineJournals, sendJournals } from './journals.ts';
import { experimentName, parentMetric, runTags } from './mlflow-names.ts';
import { openServer, runsPage, type Server } from './mlflow-server.ts';
import type { Params } from './stage-log.ts';

// While stages run, the curves in MLflow are at most this old.
const SEND_EVERY_MS = 3000;
// How long the end of a run waits: for a server of ours that is still starting, and for anyone else's.
const OWN_SERVER_MS = 90_000;
const OTHER_SERVER_MS = 1000;
// An end that someone asked for comes soon, whatever the server does.
const KILLED_MS = 8000;

type Status = 'FINISHED' | 'FAILED' | 'KILLED';

export interface Tracker {
  /** Ends the parent run and sends everything. Returns the address to look at, or undefined where it is for later. */
  finish(status: Status, rows: StageRow[]): Promise<string | undefined>;
}

/**
 * The parent run of a pipeline run, and what keeps MLflow up to date meanwhile. Stages write journals; this sends them,
 * from the first stage's start on. Nothing ever waits for the server but the end, and that for a bounded time. A server
 * that is new to this checkout gets all runs of the pipeline, those of cached stages among them; not those of others.
 */
export function startTracker(
  root: string,
  pipeline: Pipeline,
  { key, params }: { key: string; params: Params },
  print: (line: string) => void,
): Tracker {
  const experiment = experimentName(pipeline);
  const parent = openJournal(parentJournal(root, pipeline.dir, key), {
    key,
    experiment,
    runName: `${pipeline.name} ${new Date().toLocaleString('sv').slice(0, 16)}`,
    tags: runTags(root, pipeline),
  });
  parent.params(params);
  const refused = new Set<string>();
  const send = async (client: Client, signal: AbortSignal) => {
    const dirs = pipelineJournals(root, pipeline.name);
    for (const line of (await sendJournals(dirs, client, signal)).refused) refused.add(line);
  };
  const enough = new AbortController();
  const opening = openServer(root).catch((error: unknown) => void print(mlflowLine(error)));
  const sending = opening.then((server) => server && keepSending(server, send, enough.signal, print));

  /** The last word: what the stages logged, then the parent with links to their runs. */
  const conclude = async ({ client }: Server, end: (note: string) => void, rows: StageRow[], signal: AbortSignal) => {
    await send(client, signal);
    const experimentId = await ensureExperiment({ client, name: experiment, signal });
    const runIds = new Map<string, string>();
    for (const { key: runKey } of rows) {
      const run = await findRunByKey({ client, experimentIds: [experimentId], key: runKey, signal });
      if (run) runIds.set(runKey, run.info.runId);
    }
    end(noteTable(rows, runIds, experimentId));
    await send(client, signal);
    return runsPage(client, experimentId);
  };

  return {
    async finish(status, rows) {
      enough.abort();
      await sending;
      const hurry = new AbortController();
      const undo = onStopSignal(() => hurry.abort());
      if (status === 'KILLED') setTimeout(() => hurry.abort(), KILLED_MS).unref();
      let ended = false;
      const end = (note: string) => {
        ended = true;
        endParent(parent, status, rows, note);
      };
      try {
        const server = await opening;
        if (!server) return undefined;
        await waitFor(server, status, hurry.signal, print);
        return await conclude(server, end, rows, hurry.signal);
      } catch (error) {
        print(`${hurry.signal.aborted ? 'mlflow: not waited for' : mlflowLine(error)}. ${later}`);
        return undefined;
      } finally {
        undo();
        if (!ended) end(noteTable(rows, new Map(), undefined));
        for (const line of refused) print(`mlflow: not taken: ${line}`);
      }
    },
  };
}

const later = 'the journals keep it: the next run sends it, or npm run mlflow:sync';
const isOwn = () => !process.env.MLFLOW_TRACKING_URI;

/**
 * Sends what is new every few seconds until told to stop. A server that does not answer is tried again; of one that
 * someone named it is said, once: an address or a password that is wrong is known before the hours that a run takes.
 */
async function keepSending(
  { client, ready }: Server,
  send: (client: Client, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  let told = isOwn();
  while (!signal.aborted) {
    try {
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

function endParent(parent: Journal, status: Status, rows: StageRow[], note: string): void {
  // '@' is not allowed in MLflow's names.
  const name = (id: string) => id.replace('@', '/');
  if (status === 'FINISHED') {
    for (const { id, metrics } of rows) {
      const named = Object.entries(metrics).map(([key, value]) => [parentMetric(id, key), value] as const);
      parent.metrics(Object.fromEntries(named));
    }
  }
  parent.tags({
    ...Object.fromEntries(rows.map((row) => [`simclr.run.${name(row.id)}`, row.key])),
    'mlflow.note.content': note,
  });
  parent.end(status);
}
