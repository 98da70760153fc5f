import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solo } from './collective.ts';
import { type Case, valuesOf } from './testdata/case.ts';
import { runForTest, whyNoRanks } from './testing/with-mpi.ts';

const anyCase: fc.Arbitrary<Case> = fc.record({
  operation: fc.constantFrom('allReduce', 'allGather', 'broadcast', 'barrier'),
  type: fc.constantFrom('float32', 'int32'),
  // Arrays that V8 keeps on its heap, and messages that MPI sends in several ways.
  length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1000, 5000, 100_003)),
  root: fc.nat(7),
  seed: fc.nat(1000),
});

/** What all ranks have after an operation, by plain arrays. */
function expected(each: Case, size: number): number[] {
  const given = Array.from({ length: size }, (_, rank) => [...valuesOf(each, rank)]);
  if (each.operation === 'broadcast') return given.flatMap(() => given[each.root % size]!);
  if (each.operation !== 'allReduce') return given.flat();
  const sums = given[0]!.map((_, i) => given.reduce((sum, values) => sum + values[i]!, 0));
  return given.flatMap(() => sums);
}

const skip = whyNoRanks() !== undefined;

describe.skipIf(skip)('under mpirun', () => {
  it.each([1, 2, 4])('%i ranks do what plain arrays say', async (ranks) => {
    // A job for each case would take minutes: its cases are one list.
    await fc.assert(
      fc.asyncProperty(fc.array(anyCase, { minLength: 40, maxLength: 60 }), async (cases) => {
        const results = (await runForTest(ranks, new URL('testdata/operations.ts', import.meta.url), {
          cases,
        })) as number[][];
        cases.forEach((each, i) => void expect(results[i], JSON.stringify(each)).toEqual(expected(each, ranks)));
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });

  const end = (how: string) => runForTest(3, new URL('testdata/end.ts', import.meta.url), { how });

  it.each([
    ['kill', /^rank 1 of 3 died: (signal|exit code) 9/],
    ['code', /^rank 1 of 3: it ended with code 5 in the middle of its work/],
    ['exit', /^rank 1 of 3: it ended with code 0 in the middle of its work/],
    ['error', /^rank 1 of 3: Error: boom/],
    ['mistake', /^invalid thing: 3\. allowed: 4$/],
  ])('a rank that ends alone ends the job with its name: %s', async (how, message) => {
    await expect(end(how)).rejects.toThrow(message);
  });

  it('stops all ranks at one point when it is told to', async () => {
    const abort = new AbortController();
    const said: unknown[] = [];
    const watch = setInterval(() => said.length && abort.abort(), 50);
    const stopped = await runForTest(
      3,
      new URL('testdata/end.ts', import.meta.url),
      { how: 'stop' },
      said,
      abort.signal,
    );
    clearInterval(watch);
    expect(stopped).toBe('stopped on 3');
  });
});

it('solo is a job of one', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (each) => {
      const values = valuesOf(each, 0);
      await solo.allReduce(values);
      await solo.broadcast(values);
      await solo.barrier();
      expect([...values]).toEqual(expected(each, 1));
      expect(await solo.allGather(values)).toEqual(values);
    }),
  );
});
