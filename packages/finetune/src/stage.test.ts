import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPredictions, readResults, readTrials } from '@simclr/artifacts';
import { Interrupted, type MemoryLog, memoryLog } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import stage from './stage.ts';
import { configOf, contextOf, writeStripes } from './testdata/stripes.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'finetune-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Runs the stage; `stopAt`: aborts once it has logged that key at that step. */
async function run(
  name: string,
  changes: object = {},
  log = memoryLog(),
  stopAt?: [key: string, step: number],
): Promise<string> {
  const abort = new AbortController();
  const watched: MemoryLog = {
    ...log,
    metrics(metrics, step = 0) {
      log.metrics(metrics, step);
      if (stopAt && step === stopAt[1] && stopAt[0] in metrics) abort.abort();
    },
  };
  const context = contextOf(dir, name, configOf(changes));
  await stage.run({ ...context, log: watched, signal: abort.signal });
  return context.out;
}

const bytes = (out: string) => readdirSync(out).map((file) => [file, readFileSync(join(out, file), 'base64')]);

describe('finetune', () => {
  it('chooses on validation rows, trains on all of them, and writes what came of it', async () => {
    await writeStripes(dir);
    const log = memoryLog();
    const out = await run('a', { weights: ['pretrained', 'random-init'] }, log);
    const { rows } = readResults(out);
    expect(rows).toHaveLength(2);
    const [tuned, random] = rows as [(typeof rows)[0], (typeof rows)[0]];
    expect(tuned).toMatchObject({
      ...{ dataset: 'stripes', features: 'pretrained', protocol: 'fine-tune', labelFraction: 1, draw: 0 },
      ...{ trainRows: 120, testRows: 60, metric: 'top-1', folds: 1 },
    });
    const best = Math.max(...tuned.curve!.map(({ score }) => score));
    expect(tuned.curve).toHaveLength(4);
    expect(tuned.validationScore).toBe(best);
    expect(tuned.curve!.filter(({ score }) => score === best).map(({ at }) => at)).toContainEqual(tuned.choice);
    expect(tuned.score).toBe(tuned.top1);
    // From random weights there is one setting, and nothing to choose.
    expect(random).toMatchObject({ features: 'random-init', choice: { learningRate: 0.05, weightDecay: 1e-4 } });
    expect(random).not.toHaveProperty('curve');
    expect(random.score).toBeGreaterThan(0.9);
    const { trials } = readTrials(out);
    expect(trials.map(({ part }) => part)).toEqual(['search', 'search', 'search', 'search', 'final', 'final']);
    expect(trials[0]!.curve.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const { tests, predictions } = readPredictions(out);
    expect(tests[0]!.labels).toHaveLength(60);
    const right = predictions[0]!.predicted.filter((label, row) => label === tests[0]!.labels[row]).length;
    expect(right / 60).toBe(tuned.top1);
    const keys = new Set(log.logged.metrics.map(({ key }) => key));
    expect(keys).toContain('pretrained/lr_0.05_wd_0.001/loss');
    expect(keys).toContain('stripes-fine-tune/pretrained/top_1_accuracy');
  });

  it('stopped in a trial and in the last training, ends with the bytes of one that was not', async () => {
    await writeStripes(dir);
    const whole = await run('whole');
    const log = memoryLog();
    const stops: [string, number][] = [
      ['pretrained/lr_0.05_wd_0.001/loss', 5],
      ['pretrained/lr_0.2_wd_0/loss', 12],
      ['pretrained/final/loss', 7],
    ];
    for (const at of stops) await expect(run('part', {}, log, at)).rejects.toThrow(Interrupted);
    const resumed = await run('part', {}, log);
    expect(log.logged.info).toContain('resuming pretrained/lr_0.05_wd_0.001 at step 5 of 12');
    expect(log.logged.info).toContain('resuming pretrained/final at step 7 of 12');
    expect(bytes(resumed)).toEqual(bytes(whole));
    const steps = log.logged.metrics.filter(({ key }) => key === 'pretrained/lr_0.05_wd_0.001/loss');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });
});
