import { checkAll, type StagePlan, UserError } from '@simclr/stage';
import { type ConfigFile, isObject, nameConfig, readConfigFile } from './config-file.ts';
import type { Pipeline } from './pipeline.ts';
import type { Run } from './run.ts';
import { loadPlan, loadStage, parseTaskConfig } from './stages.ts';
import { inputsByRole, type Task } from './tasks.ts';

/**
 * What each stage would do, by its task's id; nothing where its package exports no `plan`. Stages are imported, their configs
 * checked; nothing is started.
 *
 * @throws UserError a line for each error in a config, for what does not go together, and then for what is missing
 */
export async function planStages(run: Run, config: ConfigFile): Promise<Map<string, StagePlan>> {
  const { plans, mistakes } = await lookAhead(run, config);
  if (mistakes.length) throw new UserError([...mistakes, ...notRunnable(run.pipeline, run.tasks, plans)].join('\n'));
  return plans;
}

async function lookAhead({ workspace, pipeline, tasks }: Run, config: ConfigFile) {
  const plans = new Map<string, StagePlan>();
  const mistakes: string[] = [];
  const stages = await Promise.all(tasks.map((task) => loadStage(workspace, task)));
  const planners = await Promise.all(tasks.map((task) => loadPlan(workspace, task)));
  const checks = tasks.map((task, i) => () => {
    const parsed = parseTaskConfig(stages[i]!, config, pipeline, task);
    // What a stage with a mistake would write, nobody knows: that is checked once it is corrected.
    const inputs = inputsByRole(task, (id) => ({ plan: plans.get(id) ?? { facts: {} } }));
    plans.set(task.id, namingFile(pipeline, task, () => planners[i]?.(parsed, inputs)) ?? { facts: {} });
  });
  try {
    checkAll(checks);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    mistakes.push(...error.message.split('\n'));
  }
  return { plans, mistakes };
}

/** What a stage finds wrong is to be corrected in the config, or in pipeline.yaml where that has the value. */
function namingFile<T>(pipeline: Pipeline, task: Task, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const ofMatrix = Object.keys(task.values).some((key) =>
      error.message.startsWith(`invalid config value: ${task.spec.params[0]}.${key} = `),
    );
    const config = ofMatrix ? `${pipeline.dir}/pipeline.yaml` : pipeline.config;
    throw new UserError(nameConfig(error.message, { config }));
  }
}

/** What a dry run would have against a config, a line each: mistakes, and what stages cannot run without. */
export async function objections(run: Run, config: ConfigFile): Promise<{ mistakes: string[]; missing: string[] }> {
  const { plans, mistakes } = await lookAhead(run, config);
  return { mistakes, missing: notRunnable(run.pipeline, run.tasks, plans) };
}

/**
 * A pipeline's config file. Where a section is missing or unknown, the mistakes in the others are told with it.
 *
 * @throws UserError a line for each
 */
export async function loadConfig(run: Run): Promise<ConfigFile> {
  const { workspace, pipeline, tasks } = run;
  const { config, mistakes } = readConfigFile(workspace.root, pipeline);
  if (!mistakes.length) return config;
  const there = tasks.filter((task) => isObject(config[task.spec.params[0]]));
  const more = await lookAhead({ ...run, tasks: there }, config);
  throw new UserError([...mistakes, ...more.mistakes, ...notRunnable(pipeline, there, more.plans)].join('\n'));
}

/** Throws a UserError, a line for each of `tasks` that says that it cannot run: before the hours that those before it take. */
export function requireRunnable(pipeline: Pipeline, tasks: Task[], plans: ReadonlyMap<string, StagePlan>): void {
  const lines = notRunnable(pipeline, tasks, plans);
  if (lines.length) throw new UserError(lines.join('\n'));
}

function notRunnable(pipeline: Pipeline, tasks: Task[], plans: ReadonlyMap<string, StagePlan>): string[] {
  return tasks.flatMap(({ id, values }) => {
    const missing = plans.get(id)?.missing;
    const files = [pipeline.config, ...(Object.keys(values).length ? [`${pipeline.dir}/pipeline.yaml`] : [])];
    const next = `change ${files.join(' or ')}; npm run pipeline -- dry-run ${pipeline.name} tells of every stage`;
    return missing === undefined ? [] : [`not runnable yet: ${id}. ${nameConfig(missing, pipeline)}. ${next}`];
  });
}
