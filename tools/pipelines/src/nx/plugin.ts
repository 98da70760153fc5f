/**
 * The Nx plugin: a pipeline is a project, each of its tasks a target. `nx graph` shows the DAG, `nx run
 * quickstart:report` runs what is out of date. Nx caches small files only (digest, lock entry, metrics, MLflow key);
 * the data is DVC's.
 */

import { basename, dirname } from 'node:path';
import { type CreateNodes, createNodesFromFiles, type TargetConfiguration } from '@nx/devkit';
import { UserError } from '@simclr/stage';
import { type ConfigFile, loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline, type Pipeline } from '../definition/pipeline.ts';
import { expand, type Task } from '../definition/tasks.ts';
import { openWorkspace, type Workspace } from '../definition/workspace.ts';
import { keyFields, keysFile, syncKeys } from '../inputs/keys.ts';
import { ownSources } from '../inputs/own-data.ts';
import { currentSession } from '../launch/session.ts';

export const name = '@simclr/pipelines';

export const createNodes: CreateNodes = [
  'pipelines/*/pipeline.yaml',
  (files, options, context) => {
    const workspace = openWorkspace(context.workspaceRoot);
    const read = (file: string) => project(workspace, basename(dirname(file))).catch(withoutIt);
    return createNodesFromFiles(read, files, options, context);
  },
];

/** A mistake in one pipeline's files is no matter to the others: it is told, and that pipeline is no project. */
function withoutIt(error: unknown) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return {};
}

async function project(workspace: Workspace, folder: string) {
  const pipeline = loadPipeline(workspace, folder);
  const config = loadConfigFile(workspace.root, pipeline);
  const targets: Record<string, TargetConfiguration> = {};
  // A run has done so. Where Nx was called by hand, the keys follow the code before Nx reads them.
  if (!currentSession()) syncKeys(workspace, folder);
  for (const task of expand(pipeline)) targets[task.id] = await target(workspace, pipeline, config, task);
  return { projects: { [pipeline.dir]: { name: pipeline.name, tags: ['kind:pipeline'], targets } } };
}

async function target(
  workspace: Workspace,
  pipeline: Pipeline,
  config: ConfigFile,
  task: Task,
): Promise<TargetConfiguration> {
  const ownData = (await ownSources(workspace, config, task)).length > 0;
  return {
    executor: 'nx:run-commands',
    cache: true,
    options: { command: `node tools/pipelines/src/main.ts task ${pipeline.name} ${task.id}` },
    dependsOn: task.needs.map((need) => need.id),
    inputs: inputs(pipeline, task, ownData),
    outputs: ['receipt.json', 'lock.json', 'metrics.json', 'run.json'].map(
      (file) => `{workspaceRoot}/${task.out}/${file}`,
    ),
    metadata: { description: `${task.id} of ${pipeline.name}, run by ${task.spec.run}` },
  };
}

/** The same inputs as in task-inputs.ts and dvc-yaml.ts, in Nx's words. */
function inputs(pipeline: Pipeline, task: Task, ownData: boolean): TargetConfiguration['inputs'] {
  return [
    { json: `{workspaceRoot}/${pipeline.config}`, fields: ['seed', ...task.spec.params] },
    { json: `{projectRoot}/${keysFile}`, fields: keyFields(task.id) },
    // A command's output counts: this one looks at the user's folders.
    ...(ownData ? [{ runtime: `node tools/pipelines/src/main.ts own-data ${pipeline.name} ${task.id}` }] : []),
    { dependentTasksOutputFiles: '**/receipt.json' },
    // Without this, any package that is installed anywhere in the workspace would count.
    { externalDependencies: [] },
  ];
}
