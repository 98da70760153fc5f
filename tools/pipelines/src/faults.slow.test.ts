import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressed, hashFile, permutation } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { lockEntry } from './dvc/dvc.ts';
import { md5Of } from './dvc/dvc-cache.ts';
import { readRun } from './run/run-record.ts';
import { drawFault, type Fault } from './testing/faults.ts';
import { specialFaults } from './testing/special-faults.ts';
import { OFFLINE, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

/*
 * Damage to what a run keeps, again and again in one workspace with the real Nx and DVC, four faults at a time: one plain run mends
 * them. Then data, metrics and records are those of a run that nobody disturbed, dvc.lock has them, and the run after it has
 * nothing to do. A dozen faults; FAULTS=200 makes so many, FAULT_SEED=1 others.
 */
const STAGES = ['a', 'b', 'c'];
const YAML = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
  c: { run: '@toy/c', params: [c], needs: [b] }
`;
const CONFIGS = [3, 7].map((value) => ({
  seed: 0,
  ...Object.fromEntries(STAGES.map((stage, i) => [stage, { value: value + i, steps: 0 }])),
}));
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
const AT_ONCE = 4;
const [COUNT, SEED] = [Number(process.env.FAULTS ?? 12), Number(process.env.FAULT_SEED ?? 0)];

let toy: ToyWorkspace;
/** By config: the folders of all stages. */
const saved: string[] = [];
/** Which of the configs is that of now. */
let now = 0;
const out = (path: string) => join(toy.root, 'pipelines/toy/out', path);
const text = (path: string) => readFileSync(path, 'utf8');

async function run(): Promise<{ code: number; output: string }> {
  const called = toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy']);
  await called.ended;
  return { code: called.code!, output: called.output };
}

function useConfig(which: number): void {
  now = which;
  toy.write('configs/toy.json', CONFIGS[which]!);
}

/** What a stage has come to in a folder of outputs. */
const madeIn = (folder: string, stage: string) => ({
  data: readdirSync(join(folder, stage, 'data')).map((name) => [name, text(join(folder, stage, 'data', name))]),
  metrics: text(join(folder, stage, 'metrics.json')),
  from: readRun(join(folder, stage, 'run.json'))?.inputs,
});

/** What dvc.lock has of a stage, and what it should have: md5 of its small files. */
function recorded(stage: string): [unknown, unknown] {
  const entry = lockEntry(join(toy.root, 'pipelines/toy'), stage);
  const files = ['metrics.json', 'run.json'];
  return [files.map((name) => md5Of(entry, name)), files.map((name) => hashFile(out(`${stage}/${name}`), 'md5'))];
}

/** Special ones and those of the table in turn, without end: first those that others do not get in the way of. */
function* faults(): Generator<Fault, never> {
  const special = specialFaults(STAGES);
  const order = permutation(special.length, SEED);
  for (let n = 0; ; n++) {
    const at = n / AT_ONCE;
    yield n % AT_ONCE === 0 && at < special.length ? special[order[at]!]! : drawFault(n, STAGES, addressed(SEED, n));
  }
}

describe.runIf(installed)('a plain run mends', { timeout: 120_000 }, () => {
  const source = faults();
  let injected = 0;
  beforeAll(async () => {
    toy = toyWorkspace(STAGES, YAML, {});
    for (const which of [0, 1]) {
      useConfig(which);
      const { code, output } = await run();
      expect(code, output).toBe(0);
      const copy = mkdtempSync(join(tmpdir(), 'faults-'));
      cpSync(out(''), copy, { recursive: true, preserveTimestamps: true });
      saved.push(copy);
    }
  }, 240_000);
  afterAll(async () => {
    for (const copy of saved) rmSync(copy, { recursive: true });
    await toy.remove();
  });

  it.for(Array.from({ length: COUNT / AT_ONCE }, (_, round) => round + 1))(`${AT_ONCE} faults, %i`, async () => {
    const names: string[] = [];
    let next = now;
    while (names.length < AT_ONCE) {
      const { what, stage, otherConfig, inject } = source.next().value;
      const random = addressed(SEED, injected + names.length, 1);
      // Of one that is gone by another fault, there is nothing to damage: the next one is taken.
      if (!inject({ root: toy.root, stages: STAGES, stage, random, before: saved[1 - now]! })) continue;
      names.push(what);
      if (otherConfig) next = 1 - now;
    }
    injected += names.length;
    if (next !== now) useConfig(next);
    const first = await run();
    const told = [...names, first.output].join('\n');
    expect(first.output, told).not.toMatch(/^ +at /m);
    expect(first.code, told).toBe(0);
    for (const each of STAGES) {
      expect(madeIn(out(''), each), told).toEqual(madeIn(saved[now]!, each));
      const [has, should] = recorded(each);
      expect(has, told).toEqual(should);
    }
    const second = await run();
    expect(second.output, told).toContain('nothing to do');
  });

  it('so many of them', () => expect(injected).toBe(COUNT));
});
