import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interrupted, UserError } from '@simclr/stage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ArchiveFile } from './dataset.ts';
import { type FetchOptions, fetchFiles as fetchPaths } from './fetch-files.ts';
import { cutOff, type FakeWeb, ranges, startFakeWeb, whole } from './sources/fake-web.ts';

const contents = { a: Buffer.from('the first file'), b: Buffer.from('the second file') };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let web: FakeWeb;
let host: string;
let dir: string;
let lines: string[];
let options: FetchOptions;
beforeAll(async () => {
  web = await startFakeWeb();
  host = new URL(web.url('/')).host;
});
afterAll(() => web.close());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fetch-'));
  lines = [];
  web.requests.length = 0;
  web.answers.clear();
  options = {
    folders: [],
    cache: join(dir, 'cache'),
    python: '/nowhere/python',
    info: (line) => void lines.push(line),
    download: { attempts: 1 },
  };
});
afterEach(() => rmSync(dir, { recursive: true }));

const file = (name: 'a' | 'b', ...paths: string[]): ArchiveFile => ({
  name,
  checksum: { algorithm: 'sha256', hex: sha256(contents[name]) },
  sources: paths.map((path) => ({ kind: 'web', url: web.url(path) })),
});
/** A port on which nobody listens, another host to the code. */
const dead = { kind: 'web', url: 'http://127.0.0.1:9/a' } as const;
const folderWith = (name: string, bytes?: Uint8Array): string => {
  const folder = join(dir, name);
  mkdirSync(folder);
  if (bytes) writeFileSync(join(folder, 'a'), bytes);
  return folder;
};

/** Contents of the files, in order. */
const fetchFiles = async (files: ArchiveFile[], options: FetchOptions) =>
  [...(await fetchPaths(files, options)).values()].map((path) => readFileSync(path));

describe('fetchFiles', () => {
  it('gives verified bytes in order and tells where they came from', async () => {
    web.answers.set('/a', whole(contents.a)).set('/b', whole(contents.b));
    expect(await fetchFiles([file('b', '/b'), file('a', '/a')], options)).toEqual([contents.b, contents.a]);
    expect(lines).toEqual([`b: from ${host}, sha256 verified`, `a: from ${host}, sha256 verified`]);
  });

  it('fetches files at once: the first may end after the second', async () => {
    const second = Promise.withResolvers<void>();
    web.answers.set('/a', (_, response) => {
      response.write(contents.a.subarray(0, 5));
      void second.promise.then(() => response.end(contents.a.subarray(5)));
    });
    web.answers.set('/b', (_, response) => {
      response.end(contents.b);
      second.resolve();
    });
    expect(await fetchFiles([file('a', '/a'), file('b', '/b')], options)).toEqual([contents.a, contents.b]);
  });

  it('asks nobody the second time', async () => {
    web.answers.set('/a', whole(contents.a));
    await fetchFiles([file('a', '/a')], options);
    lines.length = 0;
    expect(await fetchFiles([file('a', '/a')], options)).toEqual([contents.a]);
    expect(web.requests).toHaveLength(1);
    expect(lines).toEqual([`a: from ${options.cache}`]);
  });

  it('fetches a file again that is damaged in the cache', async () => {
    web.answers.set('/a', whole(contents.a));
    await fetchFiles([file('a', '/a')], options);
    const [name] = readdirSync(options.cache);
    writeFileSync(join(options.cache, name!), 'the frist file');
    expect(await fetchFiles([file('a', '/a')], options)).toEqual([contents.a]);
    expect(web.requests).toHaveLength(2);
    expect(lines[1]).toBe(`a: damaged in ${options.cache}, fetched again`);
    expect(readFileSync(join(options.cache, name!))).toEqual(contents.a);
  });

  it('takes the next source where one fails, and says so', async () => {
    web.answers.set('/a', whole(contents.a));
    const { sources, ...rest } = file('a', '/a');
    expect(await fetchFiles([{ ...rest, sources: [dead, ...sources] }], options)).toEqual([contents.a]);
    expect(lines).toEqual([
      expect.stringMatching(/^a: not from 127\.0\.0\.1:9: .+/),
      `a: from ${host}, sha256 verified`,
    ]);
  });

  it('resumes a download in the next run', async () => {
    web.answers.set('/a', cutOff(contents.a, 5, join(options.cache, 'a.part')));
    await expect(fetchFiles([file('a', '/a')], options)).rejects.toThrow(UserError);
    web.answers.set('/a', ranges(contents.a));
    expect(await fetchFiles([file('a', '/a')], options)).toEqual([contents.a]);
    expect(web.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=5-']);
  });

  it('does not keep a file with a wrong checksum, and says what was found and expected', async () => {
    web.answers.set('/a', whole(contents.b));
    const found = fetchFiles([file('a', '/a')], options);
    await expect(found).rejects.toThrow(UserError);
    await expect(found).rejects.toThrow(
      `missing archive: a (sha256 ${sha256(contents.a)}). tried ${host}: wrong checksum: a (${host}) has sha256 ${sha256(contents.b)}. expected ${sha256(contents.a)}`,
    );
    expect(readdirSync(options.cache)).toEqual([]);
  });

  it('takes a file from the folders of the user before any source', async () => {
    const folders = [folderWith('empty'), folderWith('right', contents.a)];
    expect(await fetchFiles([file('a', '/a')], { ...options, folders })).toEqual([contents.a]);
    expect(web.requests).toEqual([]);
    expect(lines).toEqual([`a: from ${join(folders[1]!, 'a')}`]);
  });

  it('refuses a wrong file in a folder of the user', async () => {
    web.answers.set('/a', whole(contents.a));
    const folder = folderWith('wrong', contents.b);
    const fetched = fetchFiles([file('a', '/a')], { ...options, folders: [folder] });
    await expect(fetched).rejects.toThrow(UserError);
    await expect(fetched).rejects.toThrow(
      `wrong checksum: a (${join(folder, 'a')}) has sha256 ${sha256(contents.b)}. expected ${sha256(contents.a)}. `,
    );
    expect(web.requests).toEqual([]);
  });

  it('says in one line what it tried, why each failed, and what to do', async () => {
    const folder = folderWith('empty');
    const { sources, ...rest } = file('a', '/a');
    const fetched = fetchFiles([{ ...rest, sources: [...sources, dead] }], { ...options, folders: [folder] });
    await expect(fetched).rejects.toThrow(UserError);
    const { message } = (await fetched.catch((error: Error) => error)) as Error;
    expect(message).toMatch(
      new RegExp(
        `^missing archive: a \\(sha256 \\w+\\)\\. tried ${folder}: not there; ${host}: http 404; 127\\.0\\.0\\.1:9: [^;]+\\. put it into a folder and set SIMCLR_ARCHIVES=<folder>$`,
      ),
    );
    expect(message).not.toContain('\n');
  });

  it('asks a host that does not answer once, and still names it for a later file', async () => {
    web.answers.set('/a', whole(contents.a));
    const [a, b] = [file('a', '/a'), file('b', '/b')];
    const files = [a, b].map((wanted) => ({ ...wanted, sources: [dead, ...wanted.sources] }));
    await expect(fetchFiles(files, options)).rejects.toThrow(
      new RegExp(`^missing archive: b \\(sha256 \\w+\\)\\. tried 127\\.0\\.0\\.1:9: .+; ${host}: http 404\\. put`),
    );
    expect(lines.filter((line) => line.includes('not from 127.0.0.1:9'))).toHaveLength(1);
  });

  it('takes a file that was packed anew where that is said, and says its checksum', async () => {
    const folders = [folderWith('repacked', contents.b)];
    expect(await fetchFiles([file('a', '/a')], { ...options, folders, repacked: true })).toEqual([contents.b]);
    expect(lines[0]).toBe(
      `a: from ${join(folders[0]!, 'a')}: packed anew, sha256 ${sha256(contents.b)} is not the published ${sha256(contents.a)}`,
    );
  });

  it('says where a file is to be had that no source has', async () => {
    const gone = { ...file('a'), byHand: 'its host is gone; ask the authors' };
    await expect(fetchFiles([gone], options)).rejects.toThrow(
      `missing archive: a (sha256 ${sha256(contents.a)}). tried no source, as none is left. its host is gone; ask the authors. put it into a folder and set SIMCLR_ARCHIVES=<folder>`,
    );
  });

  it('waits for another process that fetches the same, and takes what that got', async () => {
    const lock = join(options.cache, `${sha256(contents.a).slice(0, 16)}-a.lock`);
    mkdirSync(options.cache, { recursive: true });
    const other = spawn('sleep', ['60']);
    writeFileSync(lock, `${other.pid} ${hostname()}`);
    web.answers.set('/a', whole(contents.a));
    const fetched = fetchFiles([file('a', '/a')], options);
    await vi.waitFor(() => expect(lines).toEqual(['a: another process fetches it']));
    writeFileSync(lock.slice(0, -5), contents.a);
    // Killed: what it locked is free.
    other.kill('SIGKILL');
    expect(await fetched).toEqual([contents.a]);
    expect(web.requests).toEqual([]);
    expect(readdirSync(options.cache)).toHaveLength(1);
  });

  it('stops at once when told to, instead of asking the next source', async () => {
    const stop = new AbortController();
    web.answers.set('/slow', () => stop.abort()).set('/a', whole(contents.a));
    const fetched = fetchFiles([file('a', '/slow', '/a')], { ...options, signal: stop.signal });
    await expect(fetched).rejects.toThrow(Interrupted);
    expect(web.requests.map(({ path }) => path)).toEqual(['/slow']);
  });
});
