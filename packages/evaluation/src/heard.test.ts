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
    await expect(heard(steps(), stop.signal)).rejects.toThrow('told to');
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
});
