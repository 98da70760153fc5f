import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { alternate, type Side } from './alternate.ts';

const dir = mkdtempSync(join(tmpdir(), 'alternate-'));
afterAll(() => rmSync(dir, { recursive: true }));
const trace = join(dir, 'trace');

/** Writes its name to the trace, then prints numbers that fall from run to run. */
const side = (name: string): Side => {
  const script = `
    const { appendFileSync, readFileSync } = require('node:fs');
    appendFileSync(${JSON.stringify(trace)}, ${JSON.stringify(`${name} `)});
    const runs = readFileSync(${JSON.stringify(trace)}, 'utf8').split(${JSON.stringify(name)}).length - 1;
    console.log('a line of its own');
    console.log(JSON.stringify({ seconds: [3 / runs, 4 / runs], rssMB: 10 * runs, runs }));`;
  return { name, command: process.execPath, args: ['-e', script] };
};

describe('alternate', () => {
  it('runs the sides in turn; keeps all seconds, the largest memory, the fastest round’s extras', async () => {
    const said: string[] = [];
    const results = await alternate([side('ours'), side('theirs')], 2, (line) => void said.push(line));
    expect(readFileSync(trace, 'utf8')).toBe('ours theirs ours theirs ');
    expect(results.get('theirs')).toEqual({ seconds: [3, 4, 1.5, 2], rssMB: 20, runs: 2 });
    expect(said).toHaveLength(4);
  });

  it('ends with what a side that failed said last', async () => {
    const broken = { name: 'broken', command: process.execPath, args: ['-e', 'throw new Error("out of luck")'] };
    await expect(alternate([broken], 1, () => {})).rejects.toThrow(/^broken ended with 1: .*/);
    await expect(alternate([{ ...broken, args: ['-e', '0'] }], 1, () => {})).rejects.toThrow(/^broken ended with 0/);
  });
});
