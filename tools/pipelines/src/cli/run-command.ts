import type { Workspace } from '../definition/workspace.ts';
import type { Options } from './arguments.ts';
import type { CommandName } from './commands.ts';

/** Does what a command says; gives the exit code. What it needs is imported then: `why` loads no MLflow. */
type Does = (workspace: Workspace, names: string[], options: Options) => Promise<number>;
type Doable = Exclude<CommandName, 'datasets' | 'doctor' | 'evaluate' | 'import' | 'export'>;

const DOES: Record<Doable, Does> = {
  async run(workspace, [name, ...stages], { set, ...options }) {
    const [{ runPipeline }, console] = await Promise.all([
      import('../run/run-pipeline.ts'),
      import('../launch/console.ts'),
    ]);
    if (options.json) console.leaveOutputToPrograms();
    if (set) {
      const { setValues } = await import('../set/set-values.ts');
      const named = [...stages, ...(options.force ?? []), ...(options.from ?? [])];
      for (const change of await setValues(workspace, name!, set, named)) console.print(`written into ${change}`);
    }
    return runPipeline(workspace, name!, stages, options);
  },
  async 'dry-run'(workspace, [name, ...stages]) {
    const { dryRun } = await import('../definition/dry-run.ts');
    const { text, runnable } = await dryRun(workspace, name!, stages);
    process.stdout.write(text);
    return runnable ? 0 : 1;
  },
  async why(workspace, [name, ...stages], { json }) {
    const { explain, whyJson, whyText } = await import('../why/why.ts');
    const plan = await explain(workspace, name!, stages);
    process.stdout.write(json ? `${JSON.stringify(whyJson(name!, plan), null, 2)}\n` : whyText(name!, plan));
    return 0;
  },
  async status(workspace, [name], options) {
    const { status } = await import('../status/status.ts');
    return status(workspace, name, options);
  },
  async accept(workspace, [name, ...stages], { reason }) {
    const { accept } = await import('../run/accept.ts');
    return accept(workspace, name!, stages, reason!);
  },
  async push(workspace, [name, ...stages]) {
    const { push } = await import('../sharing/push.ts');
    return push(workspace, name, stages);
  },
  async pull(workspace, [name, ...stages], { data = false }) {
    const { pull } = await import('../sharing/pull.ts');
    return pull(workspace, name, stages, data);
  },
  async gc(workspace, _, { yes = false }) {
    const { gc } = await import('../gc/gc.ts');
    return gc(workspace, yes);
  },
  async logs(workspace, [name, stage]) {
    const { readLogs } = await import('../run/logs.ts');
    process.stdout.write(readLogs(workspace, name!, stage!));
    return 0;
  },
  async verify(workspace, [name, stage], { json = false }) {
    const { verify } = await import('../verify/verify.ts');
    if (json) (await import('../launch/console.ts')).leaveOutputToPrograms();
    return verify(workspace, name!, stage!, json);
  },
  async sync(workspace, _, { check = false }) {
    const { sync } = await import('./sync.ts');
    return sync(workspace, check);
  },
  async mlflow({ root }, [word]) {
    const { runMlflowCommand } = await import('../tracking/mlflow-commands.ts');
    await runMlflowCommand(root, word);
    return 0;
  },
  async completion(_, [shell]) {
    const { completion } = await import('./completion.ts');
    process.stdout.write(completion(shell!));
    return 0;
  },
  async task(workspace, [name, id]) {
    const [{ runTask }, { findTask }] = await Promise.all([import('../run/run-task.ts'), import('./find-task.ts')]);
    const { run, task } = findTask(workspace, name!, id!);
    return runTask(run, task);
  },
  async exec(workspace, [name, id]) {
    const [{ execTask }, { findTask }, { requireSynced }] = await Promise.all([
      import('../run/exec-task.ts'),
      import('./find-task.ts'),
      import('../dvc/dvc-yaml.ts'),
    ]);
    const { run, task } = findTask(workspace, name!, id!);
    await requireSynced(workspace, run.pipeline.name);
    return execTask(run, task);
  },
  async 'own-data'(workspace, [name, id]) {
    const { tellOwnData } = await import('./find-task.ts');
    return tellOwnData(workspace, name!, id);
  },
};

export const runCommand = (
  workspace: Workspace,
  command: CommandName,
  names: string[],
  options: Options,
): Promise<number> => DOES[command as Doable](workspace, names, options);
