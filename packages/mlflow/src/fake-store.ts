export interface FakeRun {
  experimentId: string;
  name: string;
  status: string;
  endTime: number | undefined;
  /** Identity of a point → the point. */
  points: Map<string, { key: string; value: number | string; timestamp: number; step: number }>;
  params: Map<string, string>;
  tags: Map<string, string>;
  datasets: Map<string, unknown>;
}

interface Pair {
  key: string;
  value: string;
}

/** The arguments of all endpoints together. */
export interface Args extends Pair {
  experiment_name: string;
  name: string;
  experiment_ids: string[];
  filter: string;
  experiment_id: string;
  run_name: string;
  run_id: string;
  status: string;
  end_time?: number;
  datasets: { dataset: { name: string; digest: string } }[];
  metrics: { key: string; value: number | string; timestamp: number; step: number }[];
  params: Pair[];
  tags: Pair[];
}

/** What an endpoint answers where it does not do as it is told. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** For tests: the endpoints that sending uses, by their paths, on runs in memory, with MLflow's rules. */
export function fakeStore() {
  const experiments = new Map<string, string>();
  let created = 0; // run ids are never used again
  const runs = new Map<string, FakeRun>();

  function runOf(args: { run_id: string }): FakeRun {
    const run = runs.get(args.run_id);
    if (!run) throw new Refused('RESOURCE_DOES_NOT_EXIST', `Run with id=${args.run_id} not found`, 404);
    return run;
  }

  const wire = (id: string, run: FakeRun) => ({
    info: {
      run_id: id,
      run_name: run.name,
      experiment_id: run.experimentId,
      status: run.status,
      start_time: 0,
      artifact_uri: `mlflow-artifacts:/${run.experimentId}/${id}/artifacts`,
      lifecycle_stage: 'active',
    },
    data: {},
  });

  const endpoints: Record<string, (args: Args) => unknown> = {
    'experiments/search': () => ({ experiments: [] }),
    'experiments/get-by-name'(args) {
      const id = experiments.get(args.experiment_name);
      if (!id) throw new Refused('RESOURCE_DOES_NOT_EXIST', 'no such experiment', 404);
      return {
        experiment: { experiment_id: id, name: args.experiment_name, artifact_location: '', lifecycle_stage: 'active' },
      };
    },
    'experiments/create'(args) {
      if (experiments.has(args.name)) throw new Refused('RESOURCE_ALREADY_EXISTS', 'exists');
      experiments.set(args.name, String(experiments.size + 1));
      return { experiment_id: experiments.get(args.name) };
    },
    'runs/search'(args) {
      const key = /= '(.*)'$/.exec(args.filter)?.[1];
      const found = [...runs].filter(
        ([, run]) => args.experiment_ids.includes(run.experimentId) && run.tags.get('simclr.run_key') === key,
      );
      return { runs: found.map(([id, run]) => wire(id, run)) };
    },
    'runs/create'(args) {
      const id = `run${++created}`;
      const tags = new Map(args.tags.map(({ key, value }) => [key, value]));
      const empty = { points: new Map(), params: new Map(), datasets: new Map() };
      runs.set(id, {
        experimentId: args.experiment_id,
        name: args.run_name,
        status: 'RUNNING',
        endTime: undefined,
        tags,
        ...empty,
      });
      return { run: wire(id, runs.get(id)!) };
    },
    'runs/get': (args) => ({ run: wire(args.run_id, runOf(args)) }),
    'runs/delete'(args) {
      runOf(args);
      runs.delete(args.run_id);
      return {};
    },
    'runs/update'(args) {
      const run = runOf(args);
      run.status = args.status;
      run.endTime = args.end_time ?? run.endTime;
      return { run_info: wire(args.run_id, run).info };
    },
    'runs/set-tag'(args) {
      runOf(args).tags.set(args.key, args.value);
      return {};
    },
    'runs/log-inputs'(args) {
      const run = runOf(args);
      for (const input of args.datasets) run.datasets.set(`${input.dataset.name} ${input.dataset.digest}`, input);
      return {};
    },
    'runs/log-batch'(args) {
      const run = runOf(args);
      const { metrics, params, tags } = args;
      const total = metrics.length + params.length + tags.length;
      if (total > 1000 || params.length > 100 || tags.length > 100) {
        throw new Refused('INVALID_PARAMETER_VALUE', 'batch too large');
      }
      if (new Set(params.map(({ key }) => key)).size < params.length)
        throw new Refused('INVALID_PARAMETER_VALUE', 'duplicate params');
      for (const { key, value } of params) {
        if ((run.params.get(key) ?? value) !== value)
          throw new Refused('INVALID_PARAMETER_VALUE', `param ${key} is immutable`);
      }
      for (const { key, value } of params) run.params.set(key, value);
      for (const point of metrics)
        run.points.set(JSON.stringify([point.key, point.timestamp, point.step, point.value]), point);
      for (const { key, value } of tags) run.tags.set(key, value);
      return {};
    },
  };

  return {
    runs,
    endpoints,
    wipe() {
      experiments.clear();
      runs.clear();
    },
  };
}
