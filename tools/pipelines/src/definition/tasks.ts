import { UserError } from '@simclr/stage';
import { combinations, matrixOf } from './matrix.ts';
import type { Pipeline, StageSpec } from './pipeline.ts';

/** Names of matrix values by config key. */
export type Item = Record<string, string>;

/** One thing to run: a stage, or one item of a stage that has a matrix. */
export interface Task {
  /** `pretrain`, or `transfer@cars`: the name of the Nx target and of the DVC stage. */
  id: string;
  stage: string;
  spec: StageSpec;
  /** Empty without a matrix. */
  item: Item;
  /** What is put into its config: the values of the stage's own matrix by config key. */
  values: Record<string, unknown>;
  /** What it reads: the task's id, and the name under which the stage gets the folder. */
  needs: { id: string; as: string }[];
  /** Relative to the root: `pipelines/<p>/out/<stage>[/<item>]`. */
  out: string;
}

/** DVC's naming of matrix items: the names joined by dashes. */
function taskId(stage: string, item: Item): string {
  const names = Object.values(item);
  return names.length ? `${stage}@${names.join('-')}` : stage;
}

/** Whether a name in the matrix of a task's stage stands for something that only pipeline.yaml says. */
export function hasNamedValues({ spec }: Task): boolean {
  return Object.values(spec.matrix ?? {})
    .flat()
    .some(({ name, value }) => String(value) !== name);
}

/** Where a task's outputs are, below the pipeline's folder. */
export function outFolder(id: string): string {
  return `out/${id.replace('@', '/')}`;
}

/**
 * All tasks of a pipeline, each after what it needs.
 *
 * A need on a stage with a matrix means all of its items that agree with the needing item on the keys that both have:
 * a report needs every `transfer@…`; `linear-eval@0.1` needs `pretrain@0.1` where it runs for each, or both have the
 * same matrix.
 */
export function expand(pipeline: Pipeline): Task[] {
  const tasks: Task[] = [];
  const byStage = new Map<string, Task[]>();
  const add = (stage: string) => {
    if (byStage.has(stage)) return;
    const spec = pipeline.stages[stage]!;
    for (const need of spec.needs) add(need);
    const own = combinations(matrixOf(pipeline.stages, stage)).map((chosen): Task => {
      const item = Object.fromEntries(Object.entries(chosen).map(([key, { name }]) => [key, name]));
      const id = taskId(stage, item);
      const needs = spec.needs.flatMap((need) => agreeing(id, item, byStage.get(need)!));
      const values = Object.fromEntries(Object.keys(spec.matrix ?? {}).map((key) => [key, chosen[key]!.value]));
      return { id, stage, spec, item, values, needs, out: `${pipeline.dir}/${outFolder(id)}` };
    });
    byStage.set(stage, own);
    tasks.push(...own);
  };
  for (const stage of Object.keys(pipeline.stages)) add(stage);
  return tasks;
}

function agreeing(id: string, item: Item, candidates: Task[]): Task['needs'] {
  const found = candidates.filter((task) =>
    Object.entries(task.item).every(([key, name]) => (item[key] ?? name) === name),
  );
  const first = candidates[0]!;
  if (!found.length) throw new UserError(`no such item: ${id} needs ${first.stage}. its matrix has no such value`);
  // Called by its stage's name where it can be only one.
  const one = Object.keys(first.item).every((key) => key in item);
  return found.map((task) => ({ id: task.id, as: one ? task.stage : task.id }));
}
