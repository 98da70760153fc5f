import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '@simclr/stage';

const ARCHIVE = /\.(tar|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i;

/**
 * The folder that `path` is, or that the archive at `path` holds: unpacked into `work` once, and without a folder that is
 * alone at the top of it.
 */
export async function folderOf(path: string, work: string): Promise<string> {
  if (!ARCHIVE.test(path)) return path;
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new UserError(`missing archive: ${path}. correct the config of ingest`);
  const target = join(work, 'unpacked');
  if (!existsSync(target)) {
    const temporary = `${target}.tmp`;
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    try {
      await promisify(execFile)('tar', ['xf', path, '-C', temporary]);
    } catch (error) {
      const why = String((error as { stderr?: string }).stderr || (error as Error).message)
        .trim()
        .split('\n')[0];
      throw new UserError(`broken archive: ${path}: ${why}. fetch it again`);
    }
    renameSync(temporary, target);
  }
  const inside = readdirSync(target).filter((name) => !name.startsWith('.'));
  return inside.length === 1 ? join(target, inside[0]!) : target;
}
