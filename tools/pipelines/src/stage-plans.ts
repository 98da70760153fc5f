import { type StagePlan, UserError } from '@simclr/stage';
import type { ConfigFile } from './config-file.ts';
import type { Pipeline } from './pipeline.ts';
import { loadStage, parseTaskConfig } from './stages.ts';
import type { Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/**
 * What each stage would do, by its task's id; nothing where a stage has no `plan`. Stages are imported, their configs
 * checked; nothing is started.
 *
 * @param tasks each after what it needs
 * @throws UserError one line: an error in a config, or configs that do not go together
 */
export async function planStages(
  workspace: Workspace,
  pipeline: Pipeline,
  config: ConfigFile,
  tasks: Task[],
): Promise<Map<string, StagePlan>> {
  const plans = new Map<string, StagePlan>();
  for (const task of tasks) {
    const stage = await loadStage(workspace, task);
    const inputs = Object.fromEntries(task.needs.map(({ id, as }) => [as, plans.get(id)!]));
    const parsed = parseTaskConfig(stage, config, pipeline, task);
    plans.set(task.id, stage.plan?.(parsed, inputs) ?? { facts: {} });
  }
  return plans;
}

/** Throws a one-line UserError where one of `tasks` says that it cannot run: before the hours that those before it take. */
export function requireRunnable(pipeline: Pipeline, tasks: Task[], plans: ReadonlyMap<string, StagePlan>): void {
  for (const { id } of tasks) {
    const { missing } = plans.get(id)!;
    if (missing === undefined) continue;
    throw new UserError(
      `not runnable yet: ${id}. ${missing}. change ${pipeline.config}; dry-run ${pipeline.name} tells of every stage`,
    );
  }
}
