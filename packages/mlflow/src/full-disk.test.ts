import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { startFakeServer } from './fake-server.ts';
import { openJournal } from './journal.ts';
import { acquireLock } from './lock.ts';
import { sendJournal } from './send.ts';

/** A disk of some pages, which root may mount. */
const disk = mkdtempSync(join(tmpdir(), 'full-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
if (!mounted) console.warn('full-disk.test.ts skipped: a small disk takes the right to mount one');
afterAll(() => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});
const filler = join(disk, 'filler');
const fill = () => {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, Buffer.alloc(bavail * bsize));
};
const full = expect.objectContaining({ code: 'ENOSPC' });

describe.skipIf(!mounted)('on a full disk', () => {
  afterEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
  });

  it('a lock that cannot be written is not left over', async () => {
    const path = join(disk, 'send.lock');
    fill();
    await expect(acquireLock(path)).rejects.toEqual(full);
    expect(readdirSync(disk)).toEqual(['filler']);
    rmSync(filler);
    const lock = await acquireLock(path);
    lock!.release();
    expect(lock).toBeDefined();
  });

  it('a journal says so, loses what it could not write and nothing else, and sends when there is room', async () => {
    const server = await startFakeServer();
    const client = createClient({ trackingUri: server.uri, env: {} });
    const dir = join(disk, 'run');
    const journal = openJournal(dir, { key: 'k', experiment: 'e', runName: 'r', tags: {} });
    journal.metrics({ loss: 0.5 }, 0);
    fill();
    let step = 1;
    // To the end of the page that is the file's.
    expect(() => {
      for (; step < 1000; step++) journal.metrics({ loss: step }, step);
    }).toThrow(full);
    await expect(sendJournal(dir, client)).rejects.toEqual(full);
    rmSync(filler);
    journal.metrics({ loss: 7 }, 5000);
    journal.end('FINISHED');
    expect(await sendJournal(dir, client)).toMatchObject({ remaining: 0 });
    const [run] = server.runs.values();
    expect(run!.status).toBe('FINISHED');
    const steps = Array.from(run!.points.values(), (point) => point.step);
    expect(steps).toEqual([...Array.from({ length: step }, (_, at) => at), 5000]);
    expect(readdirSync(dir).filter((name) => /lock|tmp/.test(name))).toEqual([]);
    await server.close();
  });
});
