import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { dvcFollowsGit } from '@simclr/bootstrap/dvc-without-git';
import { UserError } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { mendLock } from '../dvc/dvc-lock.ts';

/** Where a run writes, relative to the root; what is not there yet is made in the folder above. */
const written = ['.', '.nx', '.nx/cache', '.nx/workspace-data', '.cache', '.dvc', '.dvc/tmp', '.dvc/cache', '.mlflow'];

/**
 * Makes a checkout ready for a run of a pipeline: DVC is told whether there is git, and a dvc.lock that cannot be read is
 * replaced.
 */
export async function prepareCheckout(
  { workspace: { root }, pipeline, tasks }: Run,
  print: (line: string) => void,
): Promise<void> {
  await dvcFollowsGit(root);
  if (await mendLock(root, pipeline, tasks))
    print(`${pipeline.dir}/dvc.lock: not readable, kept as dvc.lock.broken. written anew from the last results`);
}

/** Throws a one-line UserError where a run of a pipeline cannot write what it has to. */
export function requireWritable(root: string, pipeline: Pipeline): void {
  const folders = [...written, pipeline.dir, `${pipeline.dir}/out`].map((dir) => join(root, dir));
  for (const folder of folders.filter(existsSync)) {
    try {
      accessSync(folder, constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'EROFS' ? 'the file system is read-only' : "it is read-only or another user's";
      throw new UserError(
        `cannot write: ${folder}: ${why}. make it writable (chown, chmod), or run in a copy of the checkout`,
      );
    }
  }
}
