import { adoptEnvironment } from '@simclr/bootstrap/environment';
import { UserError } from '@simclr/stage';
import { readArguments } from './arguments.ts';
import { loadConfigFile } from './definition/config-file.ts';
import { type DryRun, dryRun } from './definition/dry-run.ts';
import { loadPipeline, pipelineNames } from './definition/pipeline.ts';
import { staleSchemas } from './definition/schemas.ts';
import { expand } from './definition/tasks.ts';
import { findRoot, openWorkspace, type Workspace } from './definition/workspace.ts';
import { dvcYamlPath, isSynced, syncDvcYaml } from './dvc/dvc-yaml.ts';
import { areKeysSynced, keysPath, syncKeys } from './inputs/keys.ts';
import { ownDataKey } from './inputs/own-data-key.ts';
import { leaveOutputToPrograms, stageConsole } from './launch/console.ts';
import { currentSession } from './launch/session.ts';
import { accept } from './run/accept.ts';
import { execTask } from './run/exec-task.ts';
import { runPipeline } from './run/run-pipeline.ts';
import { runTask } from './run/run-task.ts';
import { runMlflowCommand } from './tracking/mlflow-commands.ts';

async function main(args: string[]): Promise<number> {
  const { command, names, force, from, jobs, check, register, json, reason } = readArguments(args);
  const workspace = openWorkspace(findRoot(process.cwd()));
  const [name, ...rest] = names;
  switch (command) {
    case 'run':
      if (json) leaveOutputToPrograms();
      return runPipeline(workspace, name!, rest, { force, from, jobs, register, json });
    case 'dry-run':
      return tellDryRun(await dryRun(workspace, name!, rest));
    case 'accept':
      return accept(workspace, name!, rest, reason!);
    case 'sync':
      return sync(workspace, check);
    case 'mlflow':
      await runMlflowCommand(workspace.root, name);
      return 0;
    default:
      return callTask(workspace, command, name!, rest[0]);
  }
}

/** What Nx and DVC call. */
async function callTask(workspace: Workspace, command: string, name: string, id: string | undefined): Promise<number> {
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  if (command === 'own-data') {
    const config = loadConfigFile(workspace.root, pipeline);
    process.stdout.write(`${await ownDataKey(workspace, pipeline, config, tasks, id)}\n`);
    return 0;
  }
  const task = tasks.find((each) => each.id === id);
  if (!task) throw new UserError(`unknown task: ${id}. must be one of: ${tasks.map((t) => t.id).join(', ')}`);
  if (command === 'exec' && !(await isSynced(workspace, name)))
    throw new UserError(`out of date: ${dvcYamlPath(name)}. run npx nx sync`);
  return (command === 'task' ? runTask : execTask)({ workspace, pipeline, tasks }, task);
}

function tellDryRun({ text, runnable }: DryRun): number {
  process.stdout.write(text);
  return runnable ? 0 : 1;
}

async function sync(workspace: Workspace, check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const name of pipelineNames(workspace.root)) {
    if (check ? !(await isSynced(workspace, name)) : await syncDvcYaml(workspace, name)) stale.push(dvcYamlPath(name));
    if (check ? !areKeysSynced(workspace, name) : syncKeys(workspace, name)) stale.push(keysPath(name));
  }
  stale.push(...(await staleSchemas(workspace, !check)));
  for (const file of stale)
    process.stdout.write(`${file}: ${check ? 'out of date. run npm run pipeline -- sync' : 'written'}\n`);
  return check && stale.length ? 1 : 0;
}

// Who reads our output may be gone (`| head`): the work goes on.
process.stdout.on('error', () => {});

let code = 1;
try {
  adoptEnvironment(findRoot(import.meta.dirname));
  code = await main(process.argv.slice(2));
} catch (error) {
  const [command, , task] = process.argv.slice(2);
  const where = command === 'exec' || command === 'task' ? `${task}: failed: ` : '';
  const text = error instanceof UserError ? error.message : `${where}${(error as Error).stack ?? error}`;
  const session = currentSession();
  if (session) stageConsole(session).write(`${text}\n`);
  else process.stderr.write(`${text}\n`);
}
// A stage may leave worker threads or sockets open; what it made is on the disk.
process.exit(code);
