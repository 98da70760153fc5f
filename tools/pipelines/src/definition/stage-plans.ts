import { checkAll, type StagePlan, UserError } from '@simclr/stage';
import { type ConfigFile, isObject, readConfigFile } from './config-file.ts';
import type { Pipeline } from './pipeline.ts';
import { loadStage, parseTaskConfig } from './stages.ts';
import { inputsByRole, type Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/**
 * What each stage would do, by its task's id; nothing where a stage has no `plan`. Stages are imported, their configs
 * checked; nothing is started.
 *
 * @param tasks each after what it needs
 * @throws UserError a line for each error in a config, and for what does not go together
 */
export async function planStages(
  workspace: Workspace,
  pipeline: Pipeline,
  config: ConfigFile,
  tasks: Task[],
): Promise<Map<string, StagePlan>> {
  const plans = new Map<string, StagePlan>();
  const stages = await Promise.all(tasks.map((task) => loadStage(workspace, task)));
  checkAll(
    tasks.map((task, i) => () => {
      const parsed = parseTaskConfig(stages[i]!, config, pipeline, task);
      // What a stage with a mistake would write, nobody knows: that is checked once it is corrected.
      const inputs = inputsByRole(task, (id) => ({ plan: plans.get(id) ?? { facts: {} } }));
      plans.set(task.id, stages[i]!.plan?.(parsed, inputs) ?? { facts: {} });
    }),
  );
  return plans;
}

/**
 * A pipeline's config file. Where a section is missing or unknown, the mistakes in the others are told with it.
 *
 * @throws UserError a line for each
 */
export async function loadConfig(workspace: Workspace, pipeline: Pipeline, tasks: Task[]): Promise<ConfigFile> {
  const { config, mistakes } = readConfigFile(workspace.root, pipeline);
  if (!mistakes.length) return config;
  const there = tasks.filter((task) => isObject(config[task.spec.params[0]]));
  const more = await planStages(workspace, pipeline, config, there).then(
    () => [],
    (error: Error) => [error.message],
  );
  throw new UserError([...mistakes, ...more].join('\n'));
}

/** Throws a one-line UserError where one of `tasks` says that it cannot run: before the hours that those before it take. */
export function requireRunnable(pipeline: Pipeline, tasks: Task[], plans: ReadonlyMap<string, StagePlan>): void {
  for (const { id, values } of tasks) {
    const { missing } = plans.get(id)!;
    if (missing === undefined) continue;
    const files = [pipeline.config, ...(Object.keys(values).length ? [`${pipeline.dir}/pipeline.yaml`] : [])];
    throw new UserError(
      `not runnable yet: ${id}. ${missing}. change ${files.join(' or ')}; npm run pipeline -- dry-run ${pipeline.name} tells of every stage`,
    );
  }
}
