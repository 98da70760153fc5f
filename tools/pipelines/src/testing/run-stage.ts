import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { memoryLog, parseConfig, type Role } from '@simclr/stage';
import { contractOf, wiringFor } from '../definition/contract.ts';
import { loadStage } from '../definition/stages.ts';
import type { Task } from '../definition/tasks.ts';
import { findRoot, openWorkspace } from '../definition/workspace.ts';

const workspace = openWorkspace(findRoot(import.meta.dirname));

interface RunOptions {
  /** Folder of its result in `dir`. */
  as?: string;
  /** Aborts once that step's metrics are logged. */
  stopAt?: number;
}

/**
 * Runs a stage of ours in this process, by the entry that serves its inputs as in a pipeline.
 *
 * @param dir holds what stages wrote, each in `<stage>[/<name>]`
 * @param inputs such folders, by whose stages their roles are known
 */
export async function runStage(
  dir: string,
  name: string,
  config: object,
  inputs: string[],
  { as = name, stopAt = -1 }: RunOptions = {},
) {
  const contract = (stage: string) => contractOf(workspace, `@simclr/${stage}`);
  const given = inputs.map((folder) => {
    return { role: contract(folder.split('/')[0]!).gives!, task: folder, item: {}, folder: join(dir, folder) };
  });
  const byRole = Object.groupBy(given, ({ role }) => role);
  const { folder } = wiringFor(contract(name), Object.keys(byRole) as Role[]);
  const stage = await loadStage(workspace, { spec: { run: `@simclr/${name}`, folder } } as Task);
  const [out, work] = [join(dir, as), join(dir, 'work', as)];
  for (const path of [out, work]) mkdirSync(path, { recursive: true });
  const abort = new AbortController();
  const log = memoryLog();
  const watched = {
    ...log,
    metrics(metrics: Record<string, number>, step = 0) {
      log.metrics(metrics, step);
      if (step === stopAt) abort.abort();
    },
  };
  const { metrics } = await stage.run({
    config: parseConfig(stage.config, config, name, 'test.json'),
    ...{ inputs: byRole, out, work, log: watched, seed: 5, signal: abort.signal },
  });
  return { ...log.logged, metrics, out };
}
