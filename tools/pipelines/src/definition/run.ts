import type { Pipeline } from './pipeline.ts';
import type { Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/** What a command is about: tasks of a pipeline, each after what it needs. */
export interface Run {
  workspace: Workspace;
  pipeline: Pipeline;
  tasks: Task[];
}
