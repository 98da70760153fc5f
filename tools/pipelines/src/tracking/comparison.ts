import type { Role } from '@simclr/stage';
import { givenBy } from '../definition/contract.ts';
import type { Run } from '../definition/run.ts';
import { expand, type Task } from '../definition/tasks.ts';
import { resultTable, studyTable, type Table } from '../run/result-table.ts';
import { type Headline, headlines } from './headline.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';
import { type StudyItem, studyItems } from './study-items.ts';

/** What a pipeline compares. */
export interface Comparison {
  gives(task: Task): Role | undefined;
  /** Whether its stages give results: then these are compared, and not what else stages measure. */
  evaluates: boolean;
  /** Of a study. */
  items: StudyItem[];
}

export function comparisonOf({ workspace, pipeline, tasks }: Run): Comparison {
  const gives = ({ spec }: Task) => givenBy(workspace, spec.run);
  // Of the whole pipeline, also where some of its stages are run.
  const items = studyItems(pipeline, expand(pipeline), gives);
  return { gives, evaluates: tasks.some((task) => gives(task) === 'results'), items };
}

/**
 * Headline metrics of some outcomes.
 *
 * @param all outcomes of the run so far: accuracies are named after what their encoders were pretrained on, and there are
 * none until that is known
 */
export function headlinesOf(
  { tasks }: Pick<Run, 'tasks'>,
  { gives }: Comparison,
  all: readonly Outcome[],
  some = all,
): Headline[] {
  const pretrainedOn = new Set(all.flatMap(({ pretrainedOn }) => pretrainedOn ?? []));
  if (!pretrainedOn.size && tasks.some((task) => gives(task) === 'encoder')) return [];
  return headlines(
    some.flatMap(({ rows }) => rows),
    pretrainedOn,
  );
}

/** The results as a table: by dataset and features, or of a study by item, its seeds in one line. */
export function comparisonTable(run: Run, comparison: Comparison, all: readonly Outcome[]): Table {
  const { items } = comparison;
  if (!items.length) return resultTable(all.flatMap(({ rows }) => rows));
  const lines = new Map<string, Record<string, number[]>>();
  for (const item of items) {
    const { name, group } = item;
    const line = lines.get(group || name) ?? {};
    const own = outcomesOf(item, all);
    for (const { name, value } of headlinesOf(run, comparison, all, own)) line[name] = [...(line[name] ?? []), value];
    lines.set(group || name, line);
  }
  return studyTable(lines);
}
