/**
 * The command line of the pipelines: `run` is for people, `task` is what Nx calls, `exec` what DVC calls.
 *
 *     node tools/pipelines/src/main.ts run quickstart [stage]     bring a pipeline, or one stage of it, up to date
 *     node tools/pipelines/src/main.ts dry-run quickstart [stage] check the config; say what it comes to; start nothing
 *     node tools/pipelines/src/main.ts sync [--check]             dvc.yaml from every pipeline.yaml
 *     node tools/pipelines/src/main.ts mlflow start|stop|sync     the local server; sync sends what waits in journals
 */
import { adoptEnvironment } from '@simclr/bootstrap/environment';
import { UserError } from '@simclr/stage';
import { stageConsole } from './console.ts';
import { dryRun } from './dry-run.ts';
import { dvcYamlPath, isSynced, syncDvcYaml } from './dvc-yaml.ts';
import { execTask } from './exec-task.ts';
import { runMlflowCommand } from './mlflow-commands.ts';
import { loadPipeline, pipelineNames } from './pipeline.ts';
import { runPipeline } from './run-pipeline.ts';
import { runTask } from './run-task.ts';
import { currentSession } from './session.ts';
import { expand, valuesDigest } from './tasks.ts';
import { findRoot, openWorkspace, type Workspace } from './workspace.ts';

const usage =
  'usage: main.ts run <pipeline> [stage] | dry-run <pipeline> [stage] | sync [--check] | mlflow start|stop|sync';

async function main([command, ...args]: string[]): Promise<number> {
  const workspace = openWorkspace(findRoot(process.cwd()));
  switch (command) {
    case 'run':
      return runPipeline(workspace, required(args[0]), args[1]);
    case 'dry-run':
      process.stdout.write(await dryRun(workspace, required(args[0]), args[1]));
      return 0;
    case 'sync':
      return sync(workspace, args.includes('--check'));
    case 'mlflow':
      await runMlflowCommand(workspace.root, args[0]);
      return 0;
    case 'task':
    case 'exec': {
      const pipeline = loadPipeline(workspace, required(args[0]));
      const tasks = expand(pipeline);
      const task = tasks.find((each) => each.id === args[1]);
      if (!task) throw new UserError(`unknown task: ${args[1]}. must be one of: ${tasks.map((t) => t.id).join(', ')}`);
      if (command === 'exec' && args[2] !== valuesDigest(task))
        throw new UserError(`out of date: ${dvcYamlPath(pipeline.name)}. run npx nx sync`);
      return (command === 'task' ? runTask : execTask)(workspace, pipeline, tasks, task);
    }
    default:
      throw new UserError(`unknown command: ${command ?? 'none'}. ${usage}`);
  }
}

function required(name: string | undefined): string {
  if (!name) throw new UserError(`missing pipeline. ${usage}`);
  return name;
}

function sync(workspace: Workspace, check: boolean): number {
  const stale = pipelineNames(workspace.root).filter((name) =>
    check ? !isSynced(workspace, name) : syncDvcYaml(workspace, name),
  );
  for (const name of stale)
    process.stdout.write(`${dvcYamlPath(name)}: ${check ? 'out of date. run npx nx sync' : 'written'}\n`);
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
