import { expect, it } from 'vitest';
import { isDeaf } from './kill-deaf.ts';

const S = 1000;
it.each([
  ['within its time', {}, 60, undefined, 59 * S, undefined],
  ['past it, of which it may hear yet', {}, 60, undefined, 79 * S, undefined],
  ['past it for long', {}, 60, undefined, 81 * S, 'timed out'],
  ['past it, as it knows', { timedOut: true }, 60, undefined, 139 * S, undefined],
  ['past it, as it knew', { timedOut: true }, 60, undefined, 141 * S, 'timed out'],
  ['without a limit', {}, undefined, undefined, 1e9, undefined],
  ['that was told to stop', {}, undefined, 10 * S, 89 * S, undefined],
  ['that was told to stop long ago', {}, undefined, 10 * S, 91 * S, 'stopped'],
] as const)('a stage %s', (_what, status, timeout, stopped, now, deaf) => {
  expect(isDeaf({ started: 0, ...status }, timeout, stopped, now)).toBe(deaf);
});
