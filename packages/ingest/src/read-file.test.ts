import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from './read-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'read-'));
});
afterEach(() => rmSync(dir, { recursive: true }));
const at = (name: string) => join(dir, name);

describe('readWhole', () => {
  it('reads a file, and what a link leads to', async () => {
    writeFileSync(at('a'), 'abc');
    symlinkSync('a', at('b'));
    const { bytes, stamp } = await readWhole(at('b'));
    expect(Buffer.from(bytes).toString()).toBe('abc');
    expect(stamp).toEqual((await readWhole(Buffer.from(at('a')))).stamp);
  });

  it('says what is in place of a file, and does not wait for it', async () => {
    mkdirSync(at('folder.jpg'));
    execFileSync('mkfifo', [at('pipe.jpg')]);
    symlinkSync('/nowhere/at/all', at('broken.jpg'));
    symlinkSync('loop.jpg', at('loop.jpg'));
    const server = createServer().listen(at('socket.jpg'));
    await new Promise((listening) => void server.once('listening', listening));
    const words = {
      'folder.jpg': 'a folder, not a file',
      'pipe.jpg': 'a named pipe, not a file',
      'broken.jpg': 'a link to /nowhere/at/all, which does not exist',
      'loop.jpg': 'a link that leads back to itself',
      'socket.jpg': 'a socket, not a file',
      'gone.jpg': 'it is gone: it was removed meanwhile',
    };
    for (const [name, reason] of Object.entries(words)) await expect(readWhole(at(name))).rejects.toThrow(reason);
    await expect(readWhole('/dev/zero')).rejects.toThrow('a device, not a file');
    server.close();
  });

  it('says where the permission is missing', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may read everything');
    writeFileSync(at('a'), 'abc', { mode: 0 });
    await expect(readWhole(at('a'))).rejects.toThrow('no permission to read it');
  });
});
