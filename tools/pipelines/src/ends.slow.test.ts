import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { processesWith } from './testing/real-workspace.ts';
import { OFFLINE, type Started, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

// npm, the set-up's foreground, run, Nx, and the task with its stage: what becomes of the others when one of them is ended.
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
`;
const possible = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc')) && existsSync('/proc/self/environ');
if (!possible) console.warn('ends.slow.test.ts skipped: no .venv, or no /proc. run npm run setup');

const MARK = 'SIMCLR_ENDS_TEST';
const mark = `${process.pid}.${Date.now()}`;
let toy: ToyWorkspace;
const living = () => processesWith(MARK, mark);

/** Starts the pipeline by npm and waits until its stage is at work. */
async function start(): Promise<Started> {
  const env = [`${MARK}=${mark}`, OFFLINE];
  const started = toy.start('env', [...env, 'npm', 'run', 'pipeline', '--', 'run', 'toy']);
  while (!/a: (starts|resumes)/.test(started.output) && started.code === undefined) await sleep(20);
  expect(started.code, started.output).toBeUndefined();
  await sleep(200);
  return started;
}

const WHO = {
  npm: /^npm run pipeline/,
  run: /node tools\/pipelines\/src\/main\.ts run toy/,
} as const;

describe.runIf(possible)('a run of which one process is ended', { timeout: 120_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a'], yaml, { seed: 0, a: { steps: 1_000_000 } });
    toy.write('package.json', {
      name: 'toy-workspace',
      private: true,
      workspaces: ['packages/*'],
      scripts: { pipeline: 'node tools/bootstrap/src/main.mjs tools/pipelines/src/main.ts' },
    });
    // As the set-up's, without setting up.
    toy.write(
      'tools/bootstrap/src/main.mjs',
      `import { foreground } from './command.mjs';
process.exitCode = await foreground(process.execPath, process.argv.slice(2));
`,
    );
  });
  afterAll(async () => {
    for (const { pid } of living()) process.kill(pid, 'SIGKILL');
    await toy.remove();
  });

  let stopped = false;
  it.each([
    ['npm', 'SIGTERM'],
    ['npm', 'SIGHUP'],
    ['npm', 'SIGKILL'],
    ['run', 'SIGTERM'],
    ['run', 'SIGHUP'],
    ['run', 'SIGKILL'],
  ] as const)('%s by %s: no process lives on, and the next run goes on from the checkpoint', async (who, signal) => {
    const started = await start();
    if (stopped) expect(started.output).toContain('a: resumes');
    const target = living().find(({ command }) => WHO[who].test(command));
    expect(target, JSON.stringify(living())).toBeDefined();
    process.kill(target!.pid, signal);
    await started.ended;
    while (living().length) await sleep(50);
    stopped = true;
    const { length } = readdirSync(join(toy.root, 'pipelines/toy/out/.sessions'));
    expect(length).toBeLessThanOrEqual(1);
    expect(existsSync(join(toy.root, 'pipelines/toy/out/a/work/checkpoint'))).toBe(true);
  });
});
