import { spawnSync } from 'node:child_process';
import { UserError } from '@simclr/stage';
import { loadPipeline, pipelineNames } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { callDvc, mistakeIn, requireRemote } from '../dvc/remote.ts';
import { people, print } from '../launch/console.ts';
import { tasksNamed } from '../run/plan.ts';
import { recordedResults } from './recorded.ts';

/**
 * Copies the results of tasks, as dvc.lock records them, to DVC's remote: data, metrics, and which run made them.
 *
 * @param name all pipelines that have results, where there is none
 * @param stages names of stages or of items; all, where there is none
 * @returns the exit code
 * @throws UserError one line: no results, no remote, or what DVC says
 */
export async function push(workspace: Workspace, name: string | undefined, stages: string[]): Promise<number> {
  const { root } = workspace;
  const found = (name === undefined ? pipelineNames(root) : [name]).map((each) => {
    const pipeline = loadPipeline(workspace, each);
    const all = expand(pipeline);
    const named = tasksNamed(all, stages);
    const tasks = stages.length ? all.filter(({ id }) => named.has(id)) : all;
    return { pipeline, results: recordedResults(root, pipeline, tasks) };
  });
  const some = found.filter(({ results }) => results.length);
  if (!some.length) throw new UserError(`nothing to push: no results of ${name ?? 'any pipeline'}. ${next(name)}`);
  await requireRemote(root);
  for (const { pipeline, results } of some) {
    const { ok, said } = await callDvc(root, pipeline.dir, ['push', ...results.map(({ task }) => task.id)]);
    if (!ok) throw new UserError(`not pushed: ${pipeline.name}: ${mistakeIn(said)}`);
    const what = said.trim().split('\n').at(-1)!.replace(/\.$/, '').toLowerCase();
    print(`${pipeline.name}: ${results.length} results: ${what}`);
    const changed = uncommitted(root, ['.dvc/config', `${pipeline.dir}/dvc.lock`]);
    if (changed.length) people().write(`for others to pull, commit ${changed.join(' and ')}\n`);
  }
  return 0;
}

const next = (name: string | undefined) => `run npm run pipeline -- run ${name ?? 'quickstart'}`;

/** Which of the files git does not have as they are; none where there is no git. */
function uncommitted(root: string, files: string[]): string[] {
  const { status, stdout } = spawnSync('git', ['status', '--porcelain', '--', ...files], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.split('\n').flatMap((line) => line.slice(3) || []) : [];
}
