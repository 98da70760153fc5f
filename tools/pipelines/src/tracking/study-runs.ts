import type { Journal } from '@simclr/mlflow';
import { repeated } from '@simclr/probe/statistics';
import { type Headline, metricsOf } from './headline.ts';
import { studyParams } from './mlflow-names.ts';
import type { Params } from './stage-log.ts';
import { type StudyItem, withoutSeed } from './study-items.ts';

/** How a run ends. */
export type Status = 'FINISHED' | 'FAILED' | 'KILLED';

/** What an item has come to so far. */
interface ItemOutcome {
  headlines: Headline[];
  /** Its other metrics. */
  others: Record<string, number>;
  /** Whether one of its tasks has begun, and whether all have a result. */
  begun: boolean;
  done: boolean;
  /** Logs its encoders, which are complete when it is. */
  logModels(journal: Journal): void;
}

/** A run to open: of an item, which is compared, or of one of an item's seeds. */
interface ItemRun {
  name: string;
  kind: 'item' | 'seed';
  /** Name of the item whose seed it is. */
  group?: string | undefined;
  params: Params;
}

/** The runs of a study's items: params of the matrix and accuracies in one run, seeds in runs below it. */
export interface StudyRuns {
  /** Opens the runs of items that have begun, logs what they have come to, and ends those that are done. */
  tell(outcomeOf: (item: StudyItem) => ItemOutcome): void;
  /** `best_linear_top1`, of each accuracy the best item's; where seeds alone are repeated, mean and standard error over them. */
  best(): Record<string, number>;
  /** Ends the runs that are open. */
  end(status: Status): void;
}

/** @param open opens the journal of a run, which may have been begun */
export function openStudyRuns(items: readonly StudyItem[], open: (run: ItemRun) => Journal): StudyRuns {
  const journals = new Map<string, Journal>();
  const ended = new Set<string>();
  const outcomes = new Map<StudyItem, ItemOutcome>();
  const groups = Map.groupBy(
    items.filter(({ group }) => group),
    ({ group }) => group!,
  );

  const journal = (name: string, make: () => ItemRun) => {
    const known = journals.get(name) ?? open(make());
    journals.set(name, known);
    return known;
  };
  const end = (name: string, status: Status) => {
    if (!ended.has(name)) journals.get(name)?.end(status);
    if (journals.has(name)) ended.add(name);
  };
  /** Of one item, or of all its seeds. */
  const means = (some: readonly StudyItem[]) => {
    const found = some.flatMap((item) => outcomes.get(item)?.headlines ?? []);
    return [...Map.groupBy(found, ({ name }) => name)].map(([name, same]) => {
      return { name, ...repeated(same.map(({ value }) => value)) };
    });
  };
  const summaryOf = (some: readonly StudyItem[]) =>
    Object.assign(
      {},
      ...means(some).map(({ name, mean, standardError }) => ({
        [name]: mean,
        ...(standardError !== undefined && { [`${name}_standard_error`]: standardError }),
      })),
    ) as Record<string, number>;

  function tellItem(item: StudyItem, { headlines, others, begun, done, logModels }: ItemOutcome): void {
    if (ended.has(item.name) || !begun) return;
    const { name, group } = item;
    const own = journal(name, () => ({ name, kind: group ? 'seed' : 'item', group, params: studyParams(item) }));
    own.metrics({ ...metricsOf(headlines), ...others });
    if (!done) return;
    logModels(own);
    end(name, 'FINISHED');
  }

  function tellGroup(name: string, seeds: readonly StudyItem[]): void {
    if (ended.has(name) || !seeds.some((seed) => outcomes.get(seed)?.begun)) return;
    const { item, tasks } = seeds[0]!;
    journal(name, () => ({ name, kind: 'item', params: studyParams({ item: withoutSeed(item), tasks }) })).metrics(
      summaryOf(seeds),
    );
    if (seeds.every((seed) => outcomes.get(seed)?.done)) end(name, 'FINISHED');
  }

  return {
    tell(outcomeOf) {
      for (const item of items) outcomes.set(item, outcomeOf(item));
      for (const [name, seeds] of groups) tellGroup(name, seeds);
      for (const item of items) tellItem(item, outcomes.get(item)!);
    },
    best() {
      if (items.length && items.every(({ group }) => group === '')) return summaryOf(items);
      const units = [...groups.values(), ...items.filter(({ group }) => !group).map((item) => [item])];
      const best: Record<string, number> = {};
      for (const { name, mean } of units.flatMap(means))
        best[`best_${name}`] = Math.max(mean, best[`best_${name}`] ?? mean);
      return best;
    },
    end(status) {
      for (const name of journals.keys()) end(name, status);
    },
  };
}
