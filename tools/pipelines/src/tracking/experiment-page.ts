import { type Client, type Experiment, getExperiment, type Run, searchRuns, setExperimentTag } from '@simclr/mlflow';
import { VIEW_KEY, VIEW_TAG, viewState, viewTag } from './shared-view.ts';

/** Runs of an experiment that are looked at for what differs. */
const LATEST = 200;

/** What the page of an experiment is to compare. */
export interface Compared {
  /** Which runs, by their tag `simclr.kind`: pipeline runs, or the items of a study. */
  kind: 'pipeline' | 'item' | 'seed';
  /** Headline metrics, the first of which runs are sorted by. */
  metrics: string[];
  /** Keys of images that those runs have. */
  images: string[];
}

/**
 * Has the experiment's page begin with what compares: accuracies as bars, then parallel coordinates over the params in which
 * its runs differ. An experiment without a description gets one.
 */
export async function showExperiment(
  { client, experimentId, signal }: { client: Client; experimentId: string; signal?: AbortSignal },
  { kind, metrics, images }: Compared,
): Promise<void> {
  const filter = `tags.\`simclr.kind\` = '${kind}'`;
  const runs: Run[] = [];
  for await (const run of searchRuns({ client, experimentIds: [experimentId], filter, signal }))
    if (runs.push(run) >= LATEST) break;
  const state = viewState({ filter, metrics, params: axes(runs.map(({ params }) => params)), images });
  const set = (key: string, value: string) => setExperimentTag({ client, experimentId, key, value, signal });
  await set(VIEW_TAG, viewTag('Compare', state, Date.now()));
  const { tags } = await getExperiment({ client, experimentId, signal });
  if (!tags['mlflow.note.content']) await set('mlflow.note.content', describe(experimentId, kind));
}

/**
 * The params in which runs differ, numbers first: axes of parallel coordinates. A matrix value that stands for a number is
 * there as that number alone.
 */
export function axes(runs: readonly Record<string, string>[]): string[] {
  const keys = [...new Set(runs.flatMap(Object.keys))];
  const valuesOf = (key: string) => runs.map((params) => params[key]);
  const differ = keys.filter(
    (key) => new Set(valuesOf(key)).size > 1 && valuesOf(key).every((value) => value !== undefined),
  );
  const isNumber = (key: string) => valuesOf(key).every((value) => value !== '' && Number.isFinite(Number(value)));
  const named = differ.filter((key) => key.startsWith('matrix.'));
  const numbers = differ.filter((key) => isNumber(key) && !named.includes(key));
  // Of a matrix the names, which are short, stand for what are no numbers.
  const others = named.length ? named.filter((key) => !isNumber(key)) : differ.filter((key) => !isNumber(key));
  return [...numbers, ...others];
}

/** MLflow's page of an experiment's runs, to compare them: where it has one, with the view that is meant for it. */
export function runsPage(
  { trackingUri }: Client,
  { experimentId, tags }: Pick<Experiment, 'experimentId' | 'tags'>,
): string {
  return `${trackingUri}/${pathOf(experimentId, VIEW_TAG in tags)}`;
}

function pathOf(experimentId: string, view: boolean): string {
  const compare = view ? `&viewStateShareKey=${VIEW_KEY}&compareRunsMode=CHART` : '';
  return `#/experiments/${experimentId}/runs?workflowType=machine_learning${compare}`;
}

function describe(experimentId: string, kind: Compared['kind']): string {
  const compared = kind === 'pipeline' ? 'pipeline runs' : 'the items of the study';
  return [
    `[Compare ${compared}](${pathOf(experimentId, true)}): accuracies, and the params in which they differ.`,
    'One run a run of the pipeline (tag `simclr.kind` = `pipeline`), its stages below it; accuracies are fractions.',
  ].join(' ');
}
