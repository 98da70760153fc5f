import type { FeatureSet } from '@simclr/artifacts';
import { addressed, memoryLog } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { PROBES, ProbeConfig } from './config.ts';
import { evaluateFeatures } from './evaluate-features.ts';
import { heard } from './heard.ts';
import { sourceOf } from './testing/source-of.ts';

describe('a signal', () => {
  it('ends what is computed step by step, and what that holds is freed', async () => {
    const done: string[] = [];
    const stop = new AbortController();
    function* steps() {
      try {
        for (let i = 0; i < 5; i++) {
          done.push(String(i));
          if (i === 2) stop.abort(new Error('told to'));
          yield;
        }
        return 'all';
      } finally {
        done.push('freed');
      }
    }
    await expect(heard(steps(), { signal: stop.signal })).rejects.toThrow('told to');
    expect(done).toEqual(['0', '1', '2', 'freed']);
  });

  /** Calls back after so many turns of the event loop. */
  function afterTurns(turns: number, call: () => void): void {
    if (turns === 0) call();
    else setImmediate(() => afterTurns(turns - 1, call));
  }

  const random = addressed(1);
  const set = (rows: number): FeatureSet => ({
    features: Float32Array.from({ length: rows * 6 }, () => random.next()),
    labels: Int32Array.from({ length: rows }, (_, i) => i % 2),
    dim: 6,
  });
  const source = sourceOf([{ kind: 'pretrained', train: set(600), test: set(1600) }]);

  // A fit of 45 strengths took a hundred seconds without a turn.
  it.each(PROBES)('is heard within %s', async (protocol) => {
    const stop = new AbortController();
    afterTurns(3, () => stop.abort(new Error('told to')));
    const config = ProbeConfig.parse({ protocols: [protocol] });
    const options = { config, seed: 1, log: memoryLog(), signal: stop.signal };
    await expect(evaluateFeatures(source, options)).rejects.toThrow('told to');
  });

  it('labels too few to choose by leave a classifier out, named, and the others are made', async () => {
    const few = sourceOf([
      { kind: 'pretrained', train: set(20), test: set(40) },
      { kind: 'pixels', train: set(20), test: set(40) },
    ]);
    const config = ProbeConfig.parse({ protocols: ['linear'], l2s: [1, 10], labelFractions: [1, 0.1], draws: 2 });
    const log = memoryLog();
    const { rows, predictions, omitted } = await evaluateFeatures(few, { config, seed: 1, log });
    expect(rows.map(({ features, labelFraction }) => [features, labelFraction])).toEqual([
      ['pretrained', 1],
      ['pixels', 1],
    ]);
    expect(predictions).toHaveLength(2);
    const reason = '10 % of the labels are one a class, which leaves none to choose λ by';
    const row = { dataset: 'line', features: 'pretrained', protocol: 'linear', labelFraction: 0.1, draw: 0, reason };
    expect(omitted).toEqual([row]);
    expect(log.logged.info).toContain(`line: no linear classifier: ${reason}`);
  });

  it('while a classifier is made, what it is is told, and in the end all are counted', async () => {
    const bars: { total: number; told: string[]; stopped: boolean }[] = [];
    const progress = (total: number) => {
      const bar = { total, told: [] as string[], stopped: false };
      bars.push(bar);
      return {
        update: (done: number, extra = '') => void bar.told.push(`${done} ${extra}`),
        stop() {
          bar.stopped = true;
        },
      };
    };
    const config = ProbeConfig.parse({ protocols: [...PROBES], l2s: [1, 10], labelFractions: [1, 0.5], draws: 2 });
    await evaluateFeatures(source, { config, seed: 1, log: { ...memoryLog(), progress } });
    const [{ total, told, stopped }, ...others] = bars as [(typeof bars)[0]];
    // All labels, half of them twice; knn; ridge; 1, 5, 10 a class, five times each.
    expect([total, stopped, others]).toEqual([3 + 1 + 1 + 15, true, []]);
    expect(told.filter((line) => line === '0 line pretrained, linear').length).toBeGreaterThan(2);
    expect([told[0], told.at(-1)]).toEqual(['0 line pretrained, linear', '20 line pretrained, few-shot']);
  });
});
