import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '@simclr/mlflow';
import { writeJson } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskInputs } from '../inputs/task-inputs.ts';
import { type ProcessId, thisProcess } from '../launch/process-id.ts';
import { taskFolder } from './task-folder.ts';
import { isFenced, takeWork } from './work-folder.ts';
import type { WorkState } from './work-state.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'work-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const folder = () => taskFolder(root, { id: 'a', out: 'out/a' });
const inputs = (seed: number): TaskInputs => ({ config: { seed }, code: {}, versions: {}, needs: {}, own: {} });
const never = new AbortController().signal;
const take = (seed: number, said: string[] = [], signal = never) =>
  takeWork(folder(), { inputs: inputs(seed), forced: false }, (line) => said.push(line), signal);
const state = () => JSON.parse(readFileSync(folder().state, 'utf8')) as WorkState;
const leave = (changes: Partial<WorkState>) => writeJson(folder().state, { ...state(), ...changes });
const gone: ProcessId = { ...thisProcess(), pid: 2 ** 22 + 1, start: '1' };
const ends = (key: string) =>
  readFileSync(join(folder().journals, key, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; status?: string });

describe('takeWork', () => {
  it('keeps checkpoints and run of the same inputs, and clears what a killed process was writing', async () => {
    const first = await take(1);
    expect(first).toMatchObject({ resumed: false });
    for (const name of ['work/checkpoint', 'work/checkpoint.12.tmp', 'work/out/half', 'metrics.json.34.tmp'])
      writeFileSync(join(root, 'out/a', name), 'x');
    leave({ process: gone });
    expect(await take(1)).toMatchObject({ key: first!.key, resumed: true });
    expect(readdirSync(folder().work).sort()).toEqual(['checkpoint', 'out', 'state.json']);
    expect(readdirSync(join(folder().work, 'out'))).toEqual([]);
    expect(readdirSync(join(root, 'out/a'))).toEqual(['work']);
  });

  it('wipes those of other inputs, and ends their run where a kill left it open', async () => {
    const first = await take(1);
    const run = { key: first!.key, experiment: 'e', runName: 'a', tags: {} };
    openJournal(join(folder().journals, first!.key), run).params({ seed: 1 });
    writeFileSync(join(folder().work, 'checkpoint'), 'x');
    const second = await take(2);
    expect(second).toMatchObject({ resumed: false });
    expect(second!.key).not.toBe(first!.key);
    expect(existsSync(join(folder().work, 'checkpoint'))).toBe(false);
    expect(ends(first!.key).at(-1)).toMatchObject({ type: 'end', status: 'KILLED' });
    // One that had ended is left as it was.
    openJournal(join(folder().journals, second!.key), { ...run, key: second!.key }).end('FAILED');
    await take(3);
    expect(ends(second!.key).map(({ type }) => type)).toEqual(['run', 'end']);
  });

  it('waits for a process that is still at work there, unless it is told to stop', async () => {
    const { key } = (await take(1))!;
    const other = spawn('sleep', ['60']);
    leave({ process: { host: thisProcess().host, pid: other.pid! } });
    const said: string[] = [];
    expect(await take(1, said, AbortSignal.timeout(300))).toBeUndefined();
    expect(said).toEqual([`waits for process ${other.pid} on ${thisProcess().host}, which works on the same`]);
    setTimeout(() => other.kill(), 300);
    expect(await take(1)).toMatchObject({ key, resumed: true });
  });

  it('is not held up by a process that has the pid now, nor in a copy of the folder', async () => {
    const { key } = (await take(1))!;
    leave({ process: { ...thisProcess(), pid: process.ppid, start: 'another' } });
    expect(await take(1)).toMatchObject({ key, resumed: true });
    leave({ process: { host: thisProcess().host, pid: process.ppid }, folder: '/elsewhere/work' });
    expect(await take(1)).toMatchObject({ key, resumed: true });
  });

  it('waits for one on another machine as long as that touches its state', async () => {
    const { key } = (await take(1))!;
    leave({ process: { ...thisProcess(), host: 'elsewhere' } });
    expect(await take(1, [], AbortSignal.timeout(300))).toBeUndefined();
    const before = new Date(Date.now() - 6 * 60_000);
    utimesSync(folder().state, before, before);
    expect(await take(1)).toMatchObject({ key, resumed: true });
  });

  it('starts anew where nothing says what the work belongs to', async () => {
    mkdirSync(folder().work, { recursive: true });
    writeFileSync(folder().state, '{"fingerp');
    const lines: string[] = [];
    expect(await take(1, lines)).toMatchObject({ key: expect.any(String), resumed: false });
    expect(lines).toEqual(['work/state.json is damaged: starts anew']);
  });
});

describe('the copies of a job of Slurm', () => {
  const copyOf = (id: string, restart: number) => ({ scheduler: 'slurm', id, restart }) as const;
  const be = (job: string, restart: string) => {
    vi.stubEnv('SIMCLR_LAUNCHER', 'slurm');
    vi.stubEnv('SLURM_JOB_ID', job);
    vi.stubEnv('SLURM_RESTART_COUNT', restart);
  };
  afterEach(() => vi.unstubAllEnvs());

  it('take the work from the ones before, which know it and have folders of their own', async () => {
    be('12', '0');
    const first = (await take(1))!;
    expect(isFenced(folder())).toBe(false);
    // The other is at work on a node that nobody reaches: it seems to be alive.
    leave({ process: { ...thisProcess(), host: 'elsewhere' } });
    be('12', '1');
    const second = (await take(1))!;
    expect(second).toMatchObject({ key: first.key, resumed: true });
    expect(second.out).not.toBe(first.out);
    expect(isFenced(folder())).toBe(false);
    be('12', '0');
    expect(isFenced(folder())).toBe(true);
  });

  it('know it where another job, or a process of this machine, has the work', async () => {
    be('12', '0');
    await take(1);
    for (const copy of [copyOf('13', 0), undefined]) {
      leave({ copy });
      expect(isFenced(folder())).toBe(true);
    }
    vi.unstubAllEnvs();
    expect(isFenced(folder())).toBe(false);
  });

  it('that come late do not take it back', async () => {
    be('12', '1');
    await take(1);
    be('12', '0');
    await expect(take(1)).rejects.toThrow('given up: job 12 of slurm, restart 0');
    expect(state().copy).toEqual(copyOf('12', 1));
  });

  it('are of one item, where the job is an array', async () => {
    vi.stubEnv('SLURM_ARRAY_JOB_ID', '12');
    vi.stubEnv('SLURM_ARRAY_TASK_ID', '5');
    be('17', '0');
    await take(1);
    expect(state().copy).toEqual(copyOf('12_5', 0));
    // Slurm may give a copy another number.
    be('12', '1');
    await take(1);
    expect(state().copy).toEqual(copyOf('12_5', 1));
    be('17', '0');
    expect(isFenced(folder())).toBe(true);
  });
});
