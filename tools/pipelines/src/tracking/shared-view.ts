import { deflateSync } from 'node:zlib';

/** Name of the view in the address and in its tag. */
export const VIEW_KEY = 'compare';

/** Tag of an experiment that holds a view of its runs, as MLflow's page saves and shares them (seen in 3.17.2). */
export const VIEW_TAG = `mlflow.sharedViewState.${VIEW_KEY}`;

/** What is to be seen at first on the page of an experiment's runs. */
export interface View {
  /** Of runs: which are listed, in MLflow's search language. */
  filter: string;
  /** A bar chart each, in this order; by the first the runs are sorted. */
  metrics: string[];
  /** Axes of the parallel coordinates, before those of the metrics. */
  params: string[];
  /** Keys of images with a step slider. */
  images: string[];
}

/** A tag holds 5000 characters of an experiment, so that views of many metrics show the first ones. */
const MOST = { metrics: 12, params: 8 };

const ACCURACY = 'accuracy';
const WAY = 'parameters';
const IMAGES = 'images';

/**
 * The state of the page: columns and order of the table, and charts beside it, accuracies as bars first, then parallel
 * coordinates over params, a contour of the first two, and images with a step slider. What it leaves open the page fills in.
 */
export function viewState(view: View): Record<string, unknown> {
  const metrics = view.metrics.slice(0, MOST.metrics);
  const params = view.params.slice(0, MOST.params);
  const [first] = metrics;
  const columns = [...metrics.map((key) => column('metrics', key)), ...params.map((key) => column('params', key))];
  const charts = [
    ...metrics.map((metricKey) => chart('BAR', ACCURACY, metricKey, { metricKey })),
    ...(first && params.length
      ? [chart('PARALLEL', WAY, 'parallel', { selectedParams: params, selectedMetrics: [first], showAllRuns: false })]
      : []),
    ...(first && params.length > 1 ? [chart('CONTOUR', WAY, 'contour', contour(params, first))] : []),
    ...view.images.map((key) => chart('IMAGE', IMAGES, key, { imageKeys: [key], step: 0 })),
  ];
  const used = new Set(charts.map(({ metricSectionId }) => metricSectionId));
  return {
    searchFilter: view.filter,
    orderByKey: first ? column('metrics', first) : column('attributes', 'Created'),
    orderByAsc: false,
    selectedColumns: [...columns, column('attributes', 'Models'), column('attributes', 'Dataset')],
    runsHiddenMode: 'FIRST_20_RUNS',
    compareRunCharts: charts,
    compareRunSections: [ACCURACY, WAY, IMAGES]
      .filter((section) => used.has(section))
      .map((section) => ({ uuid: section, name: section, display: true, isReordered: true, deleted: false })),
    isAccordionReordered: true,
    hideEmptyCharts: true,
  };
}

/** The tag's value: the state compressed as the page reads it (pako's deflate, that is zlib's). */
export function viewTag(name: string, state: Record<string, unknown>, now: number): string {
  const packed = `deflate;${deflateSync(JSON.stringify(state), { level: 9 }).toString('base64')}`;
  return JSON.stringify({ name, createdAt: now, updatedAt: now, state: packed });
}

function contour([x, y]: string[], metric: string) {
  const axis = (key: string | undefined, type: 'PARAM' | 'METRIC') => ({ key, type });
  return { xaxis: axis(x, 'PARAM'), yaxis: axis(y, 'PARAM'), zaxis: axis(metric, 'METRIC') };
}

function chart(type: string, section: string, name: string, config: Record<string, unknown>) {
  const common = { type, runsCountToCompare: 20, metricSectionId: section, deleted: false, isGenerated: false };
  return { ...common, uuid: `${type}-${name}`, ...config };
}

/** As the page names a column, and what it sorts by. */
const column = (kind: 'metrics' | 'params' | 'attributes', key: string): string => `${kind}.\`${key}\``;
