import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProbeConfig } from '../config.ts';
import { OFFICIAL } from './official.ts';
import { requireSameClasses } from './require-classes.ts';
import { requireUsed } from './require-used.ts';

describe('an option that nothing reads', () => {
  const use = (config: object) => requireUsed(ProbeConfig.parse(config), 'transfer');

  it.each([
    [{ protocols: ['linear'], knn: { k: 5 } }, 'knn'],
    [{ fewShot: { shots: [2] } }, 'fewShot'],
    [{ protocols: ['knn'], l2s: [1] }, 'l2s'],
    [{ protocols: ['knn'], objective: { loss: 'mean' } }, 'objective'],
    [{ protocols: ['knn'], validationFraction: 0.2 }, 'validationFraction'],
    [{ protocols: ['ridge'], labelFractions: [0.1] }, 'labelFractions'],
    [{ draws: 7 }, 'draws'],
  ])('is an error: %o', (config, key) => {
    expect(() => use(config)).toThrow(
      new RegExp(`^ignored option: ${key} of transfer has no effect: it is read by .*\\. take it out$`),
    );
  });

  it.each([
    {},
    { protocols: ['knn'], knn: { k: [1, 5] }, validationFraction: 0.2 },
    { labelFractions: [1, 0.1], draws: 7 },
    { protocols: ['few-shot'], fewShot: { shots: [2] }, objective: { loss: 'mean' } },
  ])('is none where it is read: %o', (config) => {
    expect(() => use(config)).not.toThrow();
  });
});

it('splits with other classes, or in another order, are refused', () => {
  expect(() => requireSameClasses('pets', ['a', 'b'], { validation: ['a', 'b'], test: ['a', 'b'] })).not.toThrow();
  expect(() => requireSameClasses('pets', ['a', 'b'], { test: ['b', 'a'] })).toThrow(
    /^class order differs: label 0 is a in train of pets and b in test\. run /,
  );
  expect(() => requireSameClasses('pets', ['a', 'b'], { test: ['a'] })).toThrow(
    /label 1 is b in train of pets and none in test/,
  );
  expect(() => requireSameClasses('pets', ['a'], { test: ['a', 'b'] })).toThrow(
    /label 1 is none in train of pets and b in test/,
  );
});

it('official sizes and metrics are those of docs/datasets.md', () => {
  const page = readFileSync(new URL('../../../../docs/datasets.md', import.meta.url), 'utf8');
  for (const [name, { metric, train, validation, test }] of Object.entries(OFFICIAL)) {
    const line = page.split('\n').find((one) => one.startsWith(`| \`${name}\` |`))!;
    const words = { 'top-1': 'top-1', 'mean-per-class': 'mean per class', '11-point-map': '11-point mAP' }[metric];
    const sizes = [train, validation, test].flatMap((n) => n?.toLocaleString('en-US') ?? []).join(' / ');
    expect(line).toContain(`| ${words} | ${sizes} |`);
  }
});
