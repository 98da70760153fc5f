import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { capacity, requireCapacity, slots } from './capacity.ts';
import { type Lease, takeLease } from './lease.ts';
import { thisProcess } from './process-id.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'leases-'));
  vi.stubEnv('SIMCLR_LEASES', dir);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '3,5');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

const file = () => join(dir, `line-${hostname()}.json`);
const line = () => JSON.parse(readFileSync(file(), 'utf8')).places as { name: string }[];
const take = (name: string, wanted: Parameters<typeof takeLease>[1], said: string[] = [], stopped = () => false) =>
  takeLease(name, wanted, (text) => said.push(text), stopped);

describe('takeLease', () => {
  it('gives all cores where nothing is said, to one at a time, in the order in which they came', async () => {
    const first = (await take('a', {}))!;
    expect(first.share).toMatchObject({ cpu: capacity().cpu, memory: 0, gpus: [] });
    const said: string[] = [];
    const order: string[] = [];
    const noted = (name: string) => (lease: Lease | undefined) => {
      order.push(name);
      return lease!;
    };
    const second = take('b', {}, said).then(noted('b'));
    while (!said.length) await sleep(10);
    // It would fit at once into nothing, but others came before it.
    const third = take('c', { cpu: 1 }).then(noted('c'));
    await sleep(300);
    expect(order).toEqual([]);
    expect(said).toEqual([`waits for its part of the machine: a is at work (process ${process.pid})`]);
    await first.release();
    await (await second).release();
    await (await third).release();
    expect(order).toEqual(['b', 'c']);
    expect(line()).toEqual([]);
  });

  it('gives GPUs by number, each once', async () => {
    const leases = [(await take('a', { cpu: 1, gpu: 1 }))!];
    const other = take('b', { cpu: 1, gpu: 1 });
    if (capacity().cpu === 1) await leases[0]!.release();
    leases.push((await other)!);
    expect(leases.map(({ share }) => share.gpus)).toEqual(capacity().cpu === 1 ? [['3'], ['3']] : [['3'], ['5']]);
    for (const lease of leases) await lease.release();
  });

  it('takes no notice of those that are gone, or of a file that is cut off', async () => {
    const gone = { ...thisProcess(), pid: 2 ** 22 + 1 };
    const place = { process: gone, name: 'gone', cpu: 99, memory: 0, gpus: ['3', '5'], granted: true };
    writeFileSync(file(), JSON.stringify({ places: [place, {}, null] }));
    await (await take('a', { gpu: 2 }))!.release();
    writeFileSync(file(), '{"pla');
    await (await take('a', {}))!.release();
    // Of another machine, by whose tasks nothing is taken here.
    const elsewhere = { ...place, process: { ...gone, host: 'elsewhere' } };
    writeFileSync(join(dir, 'line-elsewhere.json'), JSON.stringify({ places: [elsewhere] }));
    await (await take('a', {}))!.release();
  });

  it('is written anew where a folder is in its place', async () => {
    mkdirSync(join(file(), 'inside'), { recursive: true });
    const lease = await take('a', {});
    expect(line()).toMatchObject([{ name: 'a' }]);
    await lease!.release();
  });

  it('that is stopped leaves the line', async () => {
    const first = (await take('a', {}))!;
    let stopped = false;
    const second = take('b', {}, [], () => stopped);
    await sleep(50);
    stopped = true;
    expect(await second).toBeUndefined();
    expect(line().map(({ name }) => name)).toEqual(['a']);
    await first.release();
  });
});

const machine = { cpu: 4, memory: 8, gpus: ['0'] };

describe('slots', () => {
  it.each([
    [[{}], 1],
    [[], 1],
    [[{ cpu: 1 }, {}], 4],
    [[{ cpu: 3 }], 1],
    [[{ cpu: 2 }, { cpu: 9 }], 2],
  ])('%j on four cores: %i', (wanted, count) => expect(slots(wanted, machine)).toBe(count));
});

describe('requireCapacity', () => {
  it('refuses what would wait for ever', () => {
    const check = (resources: object) => () => requireCapacity('a', resources, machine, 'pipeline.yaml');
    expect(check({ cpu: 99, memory: 8, gpu: 1 })).not.toThrow();
    expect(check({ gpu: 2 })).toThrow('not enough gpus: a needs 2, here are 1. correct pipeline.yaml');
    expect(check({ memory: 9 })).toThrow('not enough memory: a needs 9 GiB, here are 8.0. correct pipeline.yaml');
  });
});
