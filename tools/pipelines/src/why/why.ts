import { loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { rememberCode } from '../inputs/code/stage-code.ts';
import { readOwnData } from '../inputs/own-data.ts';
import { formatAccepted, type Planned, planTasks, select } from '../run/plan.ts';
import { dueByDefaults } from '../run/same-config.ts';

/** Tasks in the pipeline's order; without a reason, a task is up to date. */
interface Why {
  pipeline: string;
  tasks: { id: string; due: boolean; reasons: string[]; accepted?: Planned['accepted'] }[];
}

/**
 * What a run would do, and for each task that is due, every input that is not as it was when the result was made.
 * Nothing is started or written, but what remembers which files were looked at. Where a default may have been written out, or
 * left out, the stage is imported.
 *
 * @param stages these and what they need; all, where there is none
 * @throws UserError one line: whatever is wrong in pipeline or config
 */
export async function explain(workspace: Workspace, name: string, stages: string[] = []): Promise<Planned[]> {
  const pipeline = loadPipeline(workspace, name);
  const every = expand(pipeline);
  const tasks = select(every, stages);
  const config = loadConfigFile(workspace.root, pipeline);
  const own = await readOwnData(workspace, config, tasks);
  const all = { named: Number.POSITIVE_INFINITY };
  const plan = planTasks(workspace, config, tasks, own, all);
  rememberCode(workspace);
  const sameConfig = await dueByDefaults({ workspace, pipeline, tasks: every }, config, own, plan);
  return sameConfig.size ? planTasks(workspace, config, tasks, own, { ...all, sameConfig }) : plan;
}

/** For programs. */
export function whyJson(pipeline: string, plan: Planned[]): Why {
  const tasks = plan.map(({ task, reasons, accepted }) => {
    return { id: task.id, due: reasons.length > 0, reasons, ...(accepted && { accepted }) };
  });
  return { pipeline, tasks };
}

/** For people: a line for each reason. */
export function whyText(pipeline: string, plan: Planned[]): string {
  const due = plan.filter(({ reasons }) => reasons.length);
  if (!due.length) return `${pipeline}: none of ${plan.length} would run: up to date\n${formatAccepted(plan)}`;
  const width = Math.max(...due.map(({ task }) => task.id.length));
  const lines = due.flatMap(({ task, reasons }) =>
    reasons.map((reason, i) => `  ${(i ? '' : task.id).padEnd(width)}  ${reason}\n`),
  );
  return `${pipeline}: ${due.length} of ${plan.length} would run\n${lines.join('')}${formatAccepted(plan)}`;
}
