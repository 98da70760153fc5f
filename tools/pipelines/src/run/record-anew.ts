import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '@simclr/stage';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { lockEntry, syncLock, writeKnown } from '../dvc/dvc.ts';
import { md5Of } from '../dvc/dvc-cache.ts';
import { recordResult } from '../dvc/record-result.ts';
import { taskKeys } from '../inputs/keys.ts';
import { replaceCached } from '../nx/nx.ts';
import type { RunRecord } from './run-record.ts';
import { writeSealed } from './sealed.ts';
import { dataDigest, taskFolder } from './task-folder.ts';

/**
 * Has a result count as made from other inputs, its data as they are: writes the record, then DVC's entry with the keys as they
 * are now, and then Nx's.
 *
 * @param record as it is to be
 * @returns false, and all is as before, where the data in place are not those that DVC knows
 */
export async function recordAnew(run: Run, config: ConfigFile, task: Task, record: RunRecord): Promise<boolean> {
  const { workspace } = run;
  const folder = taskFolder(workspace.root, task);
  const known = md5Of(lockEntry(folder.pipeline, task.id), 'data');
  const keys = taskKeys(workspace, config, task);
  const written = readFileSync(folder.run);
  writeSealed(folder.run, record);
  const entry = await recordResult(run, task, { config, keys, own: record.inputs.own });
  if (md5Of(entry, 'data') !== known) {
    writeFileAtomic(folder.run, written);
    return false;
  }
  await syncLock(folder.pipeline, { [task.id]: entry });
  writeKnown(folder, entry, dataDigest(folder));
  replaceCached(workspace.root, task);
  return true;
}
