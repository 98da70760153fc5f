import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { feedBuffer } from './feed-buffer.ts';
import { startSession, type ThreadSession } from './start-session.ts';
import { float32, type Tree } from './tensors.ts';

const module = import.meta.resolve('./testdata/definitions.ts');
const cache = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(cache, { recursive: true }));
const shift = { module, export: 'shift', args: null };
const initial = (): Tree => ({ last: float32([1024], 1), a: float32([1024], 2), b: float32([1024], 3) });

describe('startSession', () => {
  let session: ThreadSession;
  beforeAll(async () => {
    session = await startSession(shift, { cache });
  });
  afterAll(() => session.dispose());

  it('gives what compile gives', async () => {
    const graph = await compile(shift, { cache });
    graph.write(initial());
    await session.write(initial());
    expect(session.info).toEqual(graph.info);
    const x = feedBuffer(1024).fill(5);
    for (let i = 0; i < 3; i++) expect(await session.run({ x })).toEqual(graph.run({ x }));
    expect(await session.read(['b'])).toEqual(graph.read(['b']));
    graph.dispose();
  });

  it('answers in order, and leaves the event loop free', async () => {
    await session.write(initial());
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    const answers = Array.from({ length: 200 }, (_, i) => session.run({ x: new Float32Array(1024).fill(i) }));
    const seen = (await Promise.all(answers)).map(({ last }) => last!.data[0]);
    clearInterval(ticking);
    expect(seen).toEqual([1, ...Array.from({ length: 199 }, (_, i) => i)]);
    expect(turns).toBeGreaterThan(0);
  });

  it('rejects a bad call and goes on', async () => {
    const bad = session.run({ x: new Float32Array(3) });
    await expect(bad).rejects.toThrow(UserError);
    await expect(bad).rejects.toThrow('invalid input: x has 3 values. expected float32 [1024]');
    await expect(session.read()).resolves.toHaveProperty('last');
  });

  it('rejects what cannot be traced', async () => {
    const hazard = { module, export: 'hazard', args: { kind: 'random' } };
    await expect(startSession(hazard, { cache })).rejects.toThrow(/^random numbers in a traced function/);
  });

  it('keeps no process alive', () => {
    const start = `(async () => {
      const { startSession } = await import('${import.meta.resolve('./start-session.ts')}');
      const session = await startSession(${JSON.stringify(shift)}, { cache: ${JSON.stringify(cache)} });
      await session.read().catch(() => {});
      console.log('last line');
    })()`;
    const said = execFileSync(process.execPath, ['-e', start], { encoding: 'utf8', stdio: 'pipe', timeout: 20_000 });
    expect(said).toBe('last line\n');
  });

  it('is closed after dispose', async () => {
    const other = await startSession(shift, { cache });
    await other.write(initial());
    await other.dispose();
    await other.dispose();
    await expect(other.read()).rejects.toThrow(/^disposed graph/);
  });
});
