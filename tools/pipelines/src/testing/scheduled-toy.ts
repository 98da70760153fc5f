import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OFFLINE, type Started, type ToyWorkspace, toyWorkspace } from './toy-workspace.ts';

const container = 'kubernetes: { image: toy:1, volumeClaim: checkouts }';
const values = Array.from({ length: 12 }, (_, i) => i + 1);
const PIPELINE = `name: toy
config: configs/toy.json
${container}
stages:
  a: { run: '@toy/a', params: [a], resources: { cpu: 1, memory: 0.5 } }
  b: { run: '@toy/a', params: [b], needs: [a], matrix: { any: [x, y] }, resources: { cpu: 1 } }
  slow: { run: '@toy/slow', params: [slow], resources: { cpu: 1 } }
  many: { run: '@toy/slow', params: [many], matrix: { value: [${values}] }, resources: { cpu: 1 } }
`;

// Notes where it is after each step, as training does; and each start, of which the result says nothing.
const SLOW = `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineStage, Interrupted, writeJson, z } from '@simclr/stage';

export default defineStage({
  name: 'slow',
  config: z.strictObject({ value: z.number(), steps: z.int() }),
  async run({ config, out, work, log, signal }) {
    const checkpoint = work + '/checkpoint.json';
    let step = existsSync(checkpoint) ? JSON.parse(readFileSync(checkpoint, 'utf8')).step : 0;
    const { SLURM_RESTART_COUNT, SIMCLR_DISRUPTIONS } = process.env;
    appendFileSync(work + '/../starts', [step, SLURM_RESTART_COUNT || SIMCLR_DISRUPTIONS || 0].join(' ') + '\\n');
    for (; step < config.steps; step++) {
      await sleep(50);
      log.metrics({ loss: 1 / (step + 1) }, step);
      writeJson(checkpoint, { step: step + 1 });
      if (signal.aborted) throw new Interrupted();
    }
    writeJson(out + '/result.json', { sum: config.value * config.steps });
    return { metrics: { value: config.value } };
  },
});
`;

interface Config {
  /** Of the slow stage: another value makes another result. */
  value: number;
  /** Of 50 ms each. */
  steps?: number;
  manySteps?: number;
  /** Whether the stage `a` fails. */
  fail?: boolean;
}

/** A toy pipeline for a scheduler: `a`, `b` that needs it, of two items, `slow`, and `many`, of twelve. */
export interface ScheduledToy extends ToyWorkspace {
  /** Runs stages as jobs. */
  run(...args: string[]): Started;
  /** Runs them on this machine. */
  here(...args: string[]): Started;
  configure(config: Config): void;
  /** A file of a task's. */
  at(id: string, name: string): string;
  digest(id: string): string;
  /** Each start of the slow stage: at which step, and how often its job was started before. */
  starts(): number[][];
  checkpoint(id: string): number;
  /** Runs the slow stage until it has some steps behind it. */
  begun(value: number, steps?: number): Promise<{ started: Started; node: string; job: string }>;
}

export const MANY = values.map((value) => `many@${value}`);

/** On which jobs these tasks were, as a run said: `17_3`. */
export const jobsOf = (output: string, ids: readonly string[]): (string | undefined)[] =>
  ids.map((id) => new RegExp(`^${id}: submitted: job (\\S+) of`, 'm').exec(output)?.[1]);

/** Waits until something holds, unless the command has ended before. */
export async function until(holds: () => boolean, started?: Started): Promise<void> {
  while (!holds()) {
    if (started && started.code !== undefined) throw new Error(`ended before: ${started.output}`);
    await sleep(50);
  }
}

/** @param env by which the scheduler is found */
export function scheduledToy(launcher: 'slurm' | 'kubernetes', env: Record<string, string>): ScheduledToy {
  const toy = toyWorkspace(['a', 'slow'], PIPELINE, {});
  toy.write('packages/slow/src/stage.ts', SLOW);
  const start = (name: string, args: string[]) => {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const program = ['node', 'tools/pipelines/src/main.ts', 'run', 'toy'];
    return toy.start('env', [OFFLINE, `LAUNCHER=${name}`, ...variables, ...program, ...args]);
  };
  const run = (...args: string[]) => start(launcher, args);
  const at = (id: string, name: string) => join(toy.root, 'pipelines/toy/out', id.replace('@', '/'), name);
  const configure = ({ value, steps = 100, manySteps = 20, fail = false }: Config) => {
    toy.write('configs/toy.json', {
      seed: 1,
      a: { value: 2, fail },
      b: {},
      slow: { value, steps },
      many: { steps: manySteps },
    });
  };
  const starts = () => {
    if (!existsSync(at('slow', 'starts'))) return [];
    const lines = readFileSync(at('slow', 'starts'), 'utf8').trim().split('\n');
    return lines.map((line) => line.split(' ').map(Number));
  };
  const checkpoint = (id: string) => {
    const file = at(id, 'work/checkpoint.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { step: number }).step : 0;
  };
  const begun = async (value: number, steps = 100) => {
    configure({ value, steps });
    const before = starts().length;
    const started = run('slow');
    const on = () => /^slow: job (\S+) of \w+ runs on (n\d)/m.exec(started.output);
    await until(() => starts().length > before && checkpoint('slow') > 5 && on() !== null, started);
    const [, job, node] = on()!;
    return { started, node: node!, job: job! };
  };
  return {
    ...{ ...toy, run, at, configure, starts, checkpoint, begun },
    here: (...args) => start('local', args),
    digest: (id) => JSON.parse(readFileSync(at(id, 'data/manifest.json'), 'utf8')).digest as string,
  };
}
