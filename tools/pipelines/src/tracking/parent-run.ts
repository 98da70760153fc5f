import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageFile, type Journal, openJournal, readJournal } from '@simclr/mlflow';
import type { Run } from '../definition/run.ts';
import { type Comparison, headlinesOf } from './comparison.ts';
import { logModels } from './encoder-models.ts';
import { metricsOf } from './headline.ts';
import { parentJournal } from './journals.ts';
import { experimentName, itemRunKey, parentMetric, runTags } from './mlflow-names.ts';
import { datasetsOf, type Outcome, outcomesOf, pagesOf } from './outcomes.ts';
import type { Params } from './stage-log.ts';
import { itemOf } from './study-items.ts';
import { openStudyRuns, type Status } from './study-runs.ts';

/** The run of a pipeline run in MLflow, by which it is compared with others, and those of its items where it is a study. */
export interface ParentRun {
  /**
   * Takes over what tasks have come to; what it has of a task already is left as it is.
   * @param begun ids of the tasks that are at work
   */
  add(outcomes: readonly Outcome[], begun?: readonly string[]): void;
  end(status: Status, note: string): void;
}

/**
 * Opens, or goes on with, a parent run. It holds what compares: the resolved config as params, accuracies under short names
 * first, datasets as inputs, the machine that trained, the view grid and the report.
 */
export function openParentRun(
  run: Run,
  comparison: Comparison,
  { key, params }: { key: string; params: Params },
): ParentRun {
  const { workspace, pipeline, tasks } = run;
  const { items, evaluates } = comparison;
  const journalOf = (own: string) => parentJournal(workspace.root, pipeline.dir, own);
  const tags = runTags(workspace.root, pipeline);
  const experiment = experimentName(pipeline);
  const parent = openJournal(journalOf(key), {
    key,
    experiment,
    runName: `${pipeline.name} ${new Date().toLocaleString('sv').slice(0, 16)}`,
    tags: { ...tags, 'simclr.kind': 'pipeline' },
  });
  parent.params(params);
  const study = openStudyRuns(items, ({ name, kind, group, params: own }) => {
    const run = itemRunKey(key, name);
    const parentKey = group ? itemRunKey(key, group) : key;
    const opened = { key: run, experiment, runName: name, tags: { ...tags, 'simclr.kind': kind }, parentKey };
    const journal = openJournal(journalOf(run), opened);
    journal.params(own);
    return journal;
  });
  const taken = new Map<string, Outcome>();
  const working = new Set<string>();
  const all = () => tasks.flatMap(({ id }) => taken.get(id) ?? []);
  const shared = () => all().filter(({ task }) => !itemOf(items, task.id));
  const of = (some: readonly Outcome[]) => headlinesOf(run, comparison, all(), some);

  /** Accuracies first: a page of MLflow that compares runs begins with what was logged first. */
  const tell = (last: boolean) => {
    parent.metrics(metricsOf(of(shared())));
    study.tell((item) => {
      const own = outcomesOf(item, all());
      const begun = own.length > 0 || item.tasks.some(({ id }) => working.has(id));
      const done = own.length === item.tasks.length;
      return {
        headlines: of(own),
        others: last || done || !evaluates ? others(own, ({ stage }) => stage) : {},
        begun,
        done,
        logModels: (journal) => logModels(journal, { own, outcomes: all(), headlines: of }),
      };
    });
    parent.metrics(study.best());
    if (last || !evaluates) parent.metrics(others(shared()));
  };

  return {
    add(outcomes, begun = []) {
      for (const id of begun) working.add(id);
      for (const outcome of outcomes) {
        if (taken.get(outcome.task.id)?.key === outcome.key) continue;
        taken.set(outcome.task.id, outcome);
        copyJournal(parent, outcome);
        if (outcome.gives === 'dataset') for (const dataset of datasetsOf(outcome)) parent.dataset(dataset);
        for (const page of pagesOf(outcome)) parent.artifact(page, readFileSync(join(outcome.data, page)));
      }
      tell(false);
    },
    end(status, note) {
      if (status === 'FINISHED') {
        tell(true);
        logModels(parent, { own: shared(), outcomes: all(), headlines: of });
      }
      study.end(status);
      parent.tags({ 'mlflow.note.content': note });
      parent.end(status);
    },
  };
}

/**
 * Metrics of stages that train, and of those that give nothing: `pretrain/contrast_loss`. How fast others were is theirs.
 *
 * @param nameOf what a task is called: in the run of an item its stage
 */
function others(outcomes: readonly Outcome[], nameOf = ({ id }: Outcome['task']) => id): Record<string, number> {
  const rest = outcomes.filter(({ gives }) => gives !== 'results' && gives !== 'features');
  const all = rest.flatMap(({ task, metrics }) =>
    Object.entries(metrics).map(([name, value]) => [task, name, value] as const),
  );
  return Object.fromEntries(all.map(([task, name, value]) => [parentMetric(nameOf(task), name), value]));
}

/** What a stage's run has that the parent is to show too: datasets, the machine that trained, and the views. */
function copyJournal(parent: Journal, { gives, journal }: Outcome): void {
  const machine: Record<string, string> = {};
  for (const entry of readJournal(journal)) {
    if (entry.type === 'dataset' && gives === 'dataset') parent.dataset(entry);
    if (entry.type === 'image' && gives === 'views') copyImage(parent, journal, entry);
    if (entry.type !== 'tags') continue;
    for (const [name, value] of Object.entries(entry.values)) if (name.startsWith('machine.')) machine[name] = value;
  }
  if (gives === 'encoder' || parent.tag('machine.cpu') === undefined) parent.tags(machine);
}

function copyImage(parent: Journal, dir: string, entry: Parameters<typeof imageFile>[1]): void {
  const file = imageFile(dir, entry);
  if (!existsSync(file)) return;
  const png = readFileSync(file);
  parent.image(entry.key, png, entry.step);
  if (entry.step === 0) parent.artifact(`${entry.key}.png`, png);
}
