import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeStripes } from './testdata/stripes.ts';

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'finetune-kill-'));
  await writeStripes(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Runs the stage in a child process, and kills it once it has said a line. */
async function run(name: string, killAt?: string): Promise<{ output: string; signal: string | null }> {
  const script = join(import.meta.dirname, 'testdata/run-stage.ts');
  const child: ChildProcess = spawn(process.execPath, [script, dir, name], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      if (killAt && output.includes(`${killAt}\n`)) child.kill('SIGKILL');
    });
  const signal = await new Promise<string | null>((resolve) => void child.once('close', (_, by) => resolve(by)));
  return { output, signal };
}

const published = (name: string) => {
  const out = join(dir, name, 'out');
  return readdirSync(out, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name: file }) => join(parentPath, file))
    .map((file) => [relative(out, file), readFileSync(file, 'base64')]);
};

describe('a fine-tuning that is killed', { timeout: 900_000 }, () => {
  it('in its second trial and in its last training goes on there, to the bytes of one that was not', async () => {
    expect((await run('whole')).signal).toBeNull();
    const stops = ['pretrained/lr_0.2_wd_0.001/loss 90', 'pretrained/final/loss 60'];
    for (const at of stops) expect(await run('killed', at)).toMatchObject({ signal: 'SIGKILL' });
    const { output, signal } = await run('killed');
    expect([signal, output]).toEqual([null, expect.stringMatching(/resuming pretrained\/final at step \d+ of 120/)]);
    expect(output).not.toContain('/lr_0.2');
    expect(published('killed')).toEqual(published('whole'));
  });
});
