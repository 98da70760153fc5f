import { relative } from 'node:path';
import type { Run } from '../definition/run.ts';
import { EXIT_INTERRUPTED } from '../launch/stop-signals.ts';
import { comparisonOf, headlinesOf } from '../tracking/comparison.ts';
import { metricsOf } from '../tracking/headline.ts';
import { type Outcome, outcomesOf } from '../tracking/outcomes.ts';
import type { Registered } from '../tracking/register.ts';
import type { StageRow } from './note.ts';

/** What became of a run. */
export interface RunOutcome {
  /** The exit code. */
  code: number;
  /** Ids of the tasks whose stage failed. */
  failed: string[];
  rows: StageRow[];
  /** Of all tasks, where the run has come to its end. */
  outcomes: Outcome[];
  /** Pages for people, relative to the root. */
  reports: string[];
  /** MLflow's page of it, where there is a server. */
  mlflow: string | undefined;
}

/** What became of a run, for scripts: `run <pipeline> --json`. Accuracies are fractions. */
export function outcomeJson(run: Run, outcome: RunOutcome, registered: Registered[]) {
  const { workspace, pipeline } = run;
  const { code, failed, rows, outcomes, reports, mlflow } = outcome;
  const comparison = comparisonOf(run);
  const { items } = comparison;
  const headlines = (some = outcomes) => metricsOf(headlinesOf(run, comparison, outcomes, some));
  const ofItems = items.map((each) => {
    return { name: each.name, matrix: each.item, headlines: headlines(outcomesOf(each, outcomes)) };
  });
  return {
    pipeline: pipeline.name,
    status: code === 0 ? 'finished' : code === EXIT_INTERRUPTED ? 'interrupted' : 'failed',
    failed,
    stages: rows.map(({ id, state, seconds, key, metrics }) => ({ id, state, seconds, runKey: key, metrics })),
    ...(items.length ? { items: ofItems } : { headlines: headlines() }),
    results: outcomes.flatMap(({ task, rows: results }) =>
      results.map(({ curve: _, ...row }) => ({ task: task.id, ...row })),
    ),
    registered,
    reports: reports.map((page) => relative(workspace.root, page)),
    mlflow,
  };
}
