import { statSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { type Unpacked, type UnpackOptions, unpack } from './archive/unpack.ts';
import { MissingSource } from './missing-source.ts';
import { oddity, walkFolder } from './walk-folder.ts';

/**
 * What a folder or an archive holds. An archive's images are unpacked anew each time, so that none are those of an earlier
 * one: the caller removes them once it has read them.
 *
 * @param scratch folder for what is unpacked
 */
export async function openSource(path: string, scratch: string, options: UnpackOptions = {}): Promise<Unpacked> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw new MissingSource(
      `missing folder or archive: ${path}. correct the config of ingest (ingest.datasets[].folder)`,
    );
  if (stat.isDirectory()) return { files: walkFolder(path), notes: [] };
  if (!stat.isFile())
    throw new UserError(
      `not a folder or archive: ${path} is ${oddity(stat)}. correct the config of ingest (ingest.datasets[].folder)`,
    );
  return unpack(path, scratch, options);
}
