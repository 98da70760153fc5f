import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { isRunning, readSessions, readStatuses } from '../launch/session.ts';
import { explain } from '../why/why.ts';
import { newTask, type TaskStatus, taskStatus } from './task-status.ts';

export interface PipelineStatus {
  pipeline: string;
  /** In the pipeline's order. */
  tasks: TaskStatus[];
  /** MLflow's page of its runs, where a server answers that has some. */
  mlflow: string | null;
}

/**
 * How the tasks of a pipeline stand. Nothing is started; a server of MLflow is asked where one answers at once.
 *
 * @throws UserError one line: whatever is wrong in pipeline or config
 */
export async function readStatus(workspace: Workspace, name: string): Promise<PipelineStatus> {
  const { root } = workspace;
  const pipeline = loadPipeline(workspace, name);
  const sessions = readSessions(join(root, pipeline.dir, 'out'));
  const running = new Map(
    sessions
      .flatMap(readStatuses)
      .filter(isRunning)
      .map((status) => [status.id, status]),
  );
  const plan = hasBegun(workspace.root, expand(pipeline)) ? await explain(workspace, name) : undefined;
  if (!plan) return { pipeline: name, tasks: expand(pipeline).map(newTask), mlflow: null };
  const tasks = plan.map((planned) => taskStatus(root, planned, running.get(planned.task.id)));
  const journals = new Map(plan.map(({ task }) => [task.id, join(root, task.out, 'mlflow')]));
  const keys = tasks.flatMap(({ id, key }) => (key === null ? [] : [{ key, journal: join(journals.get(id)!, key) }]));
  const links =
    keys.length && mayHaveServer(root)
      ? await (await import('../tracking/run-links.ts')).runLinks(root, pipeline, keys)
      : undefined;
  return {
    pipeline: name,
    tasks: tasks.map((task) => ({ ...task, mlflow: links?.runs.get(task.key ?? '') ?? null })),
    mlflow: links?.page ?? null,
  };
}

/** Whether there is an address to ask at all: the client of MLflow takes a while to load. */
const mayHaveServer = (root: string): boolean =>
  Boolean(process.env.MLFLOW_TRACKING_URI) || existsSync(join(root, '.mlflow/server.json'));

/** Whether any of the tasks was ever at work here: if not, there is nothing to compare. */
const hasBegun = (root: string, tasks: readonly Task[]): boolean =>
  tasks.some(({ out }) => existsSync(join(root, out)));
