import { findRunByKey, getExperimentByName, readCursor, runUrl } from '@simclr/mlflow';
import type { Pipeline } from '../definition/pipeline.ts';
import { runsPage } from './experiment-page.ts';
import { experimentName } from './mlflow-names.ts';
import { answeringServer } from './mlflow-server.ts';

/** How long a server may take for all of it: who asks how things stand does not wait. */
const TIMEOUT_MS = 1500;

/**
 * Pages of runs in MLflow, by their keys, and that of a pipeline's runs; undefined where no server answers at once. A run
 * that another checkout has logged is looked for by its key.
 *
 * @param wanted keys of runs, and where the journal of each would be
 */
export async function runLinks(
  root: string,
  pipeline: Pipeline,
  wanted: readonly { key: string; journal: string }[],
): Promise<{ runs: ReadonlyMap<string, string>; page: string | undefined } | undefined> {
  try {
    const server = await answeringServer(root);
    if (!server) return undefined;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const client = { ...server, maxRetries: 0 };
    const { trackingUri } = client;
    const experiment = await getExperimentByName({ client, name: experimentName(pipeline), signal });
    if (!experiment) return { runs: new Map(), page: undefined };
    const { experimentId } = experiment;
    const find = async ({ key, journal }: { key: string; journal: string }) => {
      const runId =
        readCursor(journal, trackingUri)?.runId ??
        (await findRunByKey({ client, experimentIds: [experimentId], key, signal }))?.info.runId;
      return runId === undefined ? [] : [[key, runUrl({ trackingUri, experimentId, runId })] as const];
    };
    const found = await Promise.all(wanted.map(find));
    return { runs: new Map(found.flat()), page: runsPage(client, experiment) };
  } catch {
    return undefined;
  }
}
