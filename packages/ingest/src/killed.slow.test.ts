import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { addressed } from '@simclr/stage';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Files } from './testdata/archives.ts';

/** How often it is killed; 20 by hand: KILLS=20. */
const KILLS = Number(process.env.KILLS ?? 4);
const IMAGES = 300;

let files: Files;
let dir: string;
beforeAll(async () => {
  files = new Files();
  dir = mkdtempSync(join(tmpdir(), 'killed-'));
  const members: Record<string, Uint8Array> = {};
  for (let i = 0; i < IMAGES; i++) {
    const background = { r: i % 256, g: 7, b: 9 };
    const image = sharp({ create: { width: 40, height: 30, channels: 3, background } });
    members[`pets/${i % 2 ? 'cat' : 'dog'}/${i}.jpg`] = await image.jpeg().toBuffer();
  }
  files.pack('pets.tar.gz', members);
});
afterAll(() => {
  files[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

/** The stage in a process of its own, as the pipeline runs it: what an earlier one left is where it writes. */
const script = `
const [archive, dir, stagePath] = process.argv.slice(1);
const { default: stage } = await import(stagePath);
const { memoryLog, parseConfig } = await import('@simclr/stage');
const dataset = { name: 'pets', folder: archive, size: 24 };
const config = parseConfig(stage.config, { dataset }, 'ingest', 'test');
const { signal } = new AbortController();
console.log('begun');
const out = dir + '/out';
await stage.run({ config, inputs: {}, out, work: dir + '/work', log: memoryLog(), seed: 1, signal });
`;
const start = (folder: string) => {
  mkdirSync(folder, { recursive: true });
  const stage = fileURLToPath(new URL('stage.ts', import.meta.url));
  const args = ['--input-type=module', '-e', script, files.paths.get('pets.tar.gz')!, folder, stage];
  return spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
};

function digest(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const isFile = (name: string) => statSync(join(folder, name)).isFile();
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(names.filter(isFile).map((name) => [name, hash(name)]));
}

it('killed at any moment and run again, writes the shards of a run that was let alone', async () => {
  const [alone, killed] = [join(dir, 'alone'), join(dir, 'killed')];
  const first = start(alone);
  await once(first.stdout, 'data');
  const began = performance.now();
  expect(await once(first, 'exit')).toEqual([0, null]);
  const lasts = performance.now() - began;
  const expected = digest(join(alone, 'out'));
  expect(Object.keys(expected)).toContain('pets/dataset.json');
  const random = addressed(6);
  let interrupted = 0;
  for (let i = 0; i < KILLS; i++) {
    const child = start(killed);
    const exit = once(child, 'exit');
    await once(child.stdout, 'data');
    await Promise.race([sleep(random.next() * lasts), exit]);
    child.kill('SIGKILL');
    const [, signal] = await exit;
    if (signal === 'SIGKILL') interrupted++;
    // What it had not finished says so: its description comes last.
    if (existsSync(join(killed, 'out/pets/dataset.json'))) expect(digest(join(killed, 'out'))).toEqual(expected);
    const again = start(killed);
    expect(await once(again, 'exit')).toEqual([0, null]);
    expect(digest(join(killed, 'out'))).toEqual(expected);
    rmSync(killed, { recursive: true });
  }
  expect(interrupted).toBeGreaterThan(0);
}, 600_000);
