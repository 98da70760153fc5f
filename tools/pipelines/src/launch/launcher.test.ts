import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command, Job } from './launcher.ts';
import { localLauncher } from './local-launcher.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'launcher-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const script = (source: string): Command => ({
  program: process.execPath,
  args: ['-e', source],
  cwd: dir,
  env: { ...process.env, GREETING: 'hello' },
});
/** As another process finds it in the session. */
const asFound = (job: Job): Job => JSON.parse(JSON.stringify(job));
async function untilThere(file: string): Promise<void> {
  while (!existsSync(join(dir, file))) await sleep(10);
}

// What any launcher does. A scheduler's would stand beside the local one.
describe.each([['local', localLauncher]])('%s jobs', (_name, launcher) => {
  it('run in their folder, with their environment, and end with what they said', async () => {
    const { job, ended } = await launcher.submit(
      script('console.log(process.env.GREETING); console.error(process.cwd())'),
    );
    const { ok, said } = await ended;
    expect(ok).toBe(true);
    expect(said.split('\n').sort()).toEqual(['', dir, 'hello'].sort());
    expect(launcher.alive(asFound(job))).toBe(false);
  });

  it('that fail say the last of it', async () => {
    const { ended } = await launcher.submit(
      script("process.stdout.write('x'.repeat(2e5), () => { console.log('the reason'); process.exitCode = 3 })"),
    );
    const { ok, said } = await ended;
    expect([ok, said.length, said.slice(-11)]).toEqual([false, 64_000, 'the reason\n']);
  });

  it('are alive until they are stopped, for which they have time', async () => {
    const source = `const { writeFileSync } = require('node:fs');
      process.on('SIGTERM', () => setTimeout(() => { writeFileSync('saved', ''); process.exit(75); }, 50));
      setInterval(() => {}, 1000);
      writeFileSync('begun', '');`;
    const { job, ended } = await launcher.submit(script(source));
    await untilThere('begun');
    expect(launcher.alive(asFound(job))).toBe(true);
    launcher.cancel(asFound(job), 'stop');
    expect((await ended).ok).toBe(false);
    expect([existsSync(join(dir, 'saved')), launcher.alive(job)]).toEqual([true, false]);
    launcher.cancel(job, 'stop'); // Nothing is there to stop.
  });

  it('are killed though they do not listen', async () => {
    const source = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
      require('node:fs').writeFileSync('begun', '');`;
    const { job, ended } = await launcher.submit(script(source));
    await untilThere('begun');
    launcher.cancel(job, 'stop');
    expect(launcher.alive(job)).toBe(true);
    launcher.cancel(asFound(job), 'kill');
    expect((await ended).ok).toBe(false);
  });

  it('that cannot be started are an error', async () => {
    await expect(launcher.submit({ ...script(''), program: join(dir, 'nothing') })).rejects.toThrow('ENOENT');
  });

  it('know themselves', () => {
    expect(launcher.alive(asFound(launcher.own()))).toBe(true);
  });
});

it('a process that has the pid of a local job is not that job', async () => {
  const { job, ended } = await localLauncher.submit(script('process.stdin.resume(); setTimeout(() => {}, 1e6)'));
  const other = { ...job, start: 'another' };
  expect(localLauncher.alive(other)).toBe(false);
  localLauncher.cancel(other, 'kill');
  expect(localLauncher.alive(job)).toBe(true);
  localLauncher.cancel(job, 'kill');
  await ended;
});
