import { type ByRole, type InputTask, type Role, UserError } from '@simclr/stage';
import { combinations, itemName, matrixOf } from './matrix.ts';
import type { Need, Pipeline, StageSpec, Stages } from './stage-spec.ts';

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
  /** The values of its item by their keys in the config file, `pretrain.batch`: its own, and of the stages that it follows. */
  parameters: Record<string, unknown>;
  /** What it reads: the task's id and item, and what the stage takes it for. */
  needs: { id: string; role: Role; item: Item }[];
  /** Relative to the root: `pipelines/<p>/out/<stage>[/<item>]`. */
  out: string;
}

function taskId(stage: string, name: string): string {
  return name ? `${stage}@${name}` : stage;
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
 * same matrix. Items that it names are needed by every item, unless it runs for each of them.
 */
export function expand(pipeline: Pipeline): Task[] {
  const tasks: Task[] = [];
  const byStage = new Map<string, Task[]>();
  const add = (stage: string) => {
    if (byStage.has(stage)) return;
    const spec = pipeline.stages[stage]!;
    for (const need of spec.needs) add(need.stage);
    const own = combinations(matrixOf(pipeline.stages, stage)).map((chosen): Task => {
      const item = Object.fromEntries(Object.entries(chosen).map(([key, { name }]) => [key, name]));
      const id = taskId(stage, itemName(chosen));
      const needs = spec.needs.flatMap((need) => {
        const found = needed(need, spec, id, item, byStage.get(need.stage)!);
        return found.map((task) => ({ id: task.id, role: need.role, item: task.item }));
      });
      const values = Object.fromEntries(Object.keys(spec.matrix ?? {}).map((key) => [key, chosen[key]!.value]));
      const parameters = parametersOf(pipeline.stages, stage, item);
      return { id, stage, spec, item, values, parameters, needs, out: `${pipeline.dir}/${outFolder(id)}` };
    });
    byStage.set(stage, own);
    tasks.push(...own);
  };
  for (const stage of Object.keys(pipeline.stages)) add(stage);
  return tasks;
}

function parametersOf(stages: Stages, id: string, item: Item): Record<string, unknown> {
  const { each, matrix = {}, params } = stages[id]!;
  const own = Object.entries(matrix).map(([key, values]) => {
    return [`${params[0]}.${key}`, values.find(({ name }) => name === item[key])!.value];
  });
  return Object.assign({}, ...each.map((stage) => parametersOf(stages, stage, item)), Object.fromEntries(own));
}

/** Whether a task is of the stage of a need, and among the items that it names, if it names some. */
export const isNamed = ({ stage, items }: Need, task: Task): boolean =>
  task.stage === stage && (!items || items.some((name) => task.id === taskId(stage, name)));

/** Whether the items of a need are the same for every item of the stage, whatever keys both have. */
export const isFixed = ({ stage, items }: Need, { each }: StageSpec): boolean =>
  items !== undefined && !each.includes(stage);

function needed(need: Need, spec: StageSpec, id: string, item: Item, candidates: Task[]): Task[] {
  const named = candidates.filter((task) => isNamed(need, task));
  if (isFixed(need, spec)) return named;
  const found = named.filter((task) => Object.entries(task.item).every(([key, name]) => (item[key] ?? name) === name));
  if (found.length) return found;
  throw new UserError(`no such item: ${id} needs ${need.stage}. its matrix has no such value`);
}

/**
 * A task's inputs as its stage knows them.
 * @param of what the stage gets of a needed task, by its id
 */
export function inputsByRole<T extends object>(task: Task, of: (id: string) => T): ByRole<InputTask & T> {
  const groups = Map.groupBy(task.needs, ({ role }) => role);
  const inputs = [...groups].map(([role, needs]) => {
    return [role, needs.map(({ id, item }) => ({ task: id, item, ...of(id) }))];
  });
  return Object.fromEntries(inputs);
}
