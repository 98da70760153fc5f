import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configChanges } from './config-changes.ts';

const pets = { name: 'pets', folder: '/data/pets', size: 32 };

describe('configChanges', () => {
  it.each<[unknown, unknown, string[]]>([
    [{ a: [{ ...pets }] }, { a: [{ ...pets, size: 64 }] }, ['config a[0].size changed: 32 → 64']],
    [
      { a: ['x', pets] },
      { a: ['x', { ...pets, size: 64 }, 'y'] },
      ['config a[1].size changed: 32 → 64', 'config a[2] added: "y"'],
    ],
    [{ a: [1, 2, 3] }, { a: [1, 3] }, ['config a[1] removed: 2']],
    [{ a: [1, 3] }, { a: [0, 1, 3] }, ['config a[0] added: 0']],
    [{ a: [] }, { a: [[1]] }, ['config a[0] added: [1]']],
    [{ a: { b: 1 } }, { a: [1] }, ['config a changed: {"b":1} → [1]']],
    [{}, { valueOf: false }, ['config valueOf changed: unset → false']],
    [{}, { size: null }, ['config size changed: unset → null']],
  ])('%j → %j', (before, after, lines) => {
    expect(configChanges(before, after)).toEqual(lines);
  });

  it('cuts long values around the place where they differ', () => {
    const long = (end: string) => ({ policy: `${'crop|'.repeat(20)}${end}${'|grey'.repeat(20)}` });
    expect(configChanges(long('flip'), long('blur'))).toEqual([
      'config policy changed: …crop|crop|flip|grey|grey|grey|grey|gre… → …crop|crop|blur|grey|grey|grey|grey|gre…',
    ]);
  });

  it('is empty only for equal values, and never has the same text on both sides', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const lines = configChanges({ a }, { a: b });
        expect(lines.length === 0).toBe(JSON.stringify(a) === JSON.stringify(b));
        for (const line of lines) {
          const [, old, now] = /changed: (.*) → (.*)$/s.exec(line) ?? [];
          if (old !== undefined && !/…|→/.test(JSON.stringify([a, b]))) expect(old).not.toBe(now);
        }
      }),
    );
    const text = fc.string({ minLength: 30, maxLength: 120 });
    fc.assert(
      fc.property(text, text, fc.string({ maxLength: 90 }), (a, b, head) => {
        fc.pre(a !== b && !/…|→/.test(a + b + head));
        const [line] = configChanges({ a: head + a }, { a: head + b });
        const [, old, now] = /changed: (.*) → (.*)$/s.exec(line!)!;
        expect(old).not.toBe(now);
        expect(Math.max(old!.length, now!.length)).toBeLessThanOrEqual(40);
      }),
    );
  });
});
