import { addressed } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classSwapTest, sharesOf } from './class-swap-test.ts';
import {
  type ClassOutcome,
  exactMcNemar,
  measure,
  type Outcome,
  permutationTest,
  type RankedOutcome,
  repeatedTest,
} from './index.ts';
import { type Ref, readGolden } from './testdata/golden.ts';

interface Case {
  name: string;
  inputs: Record<string, Ref>;
  outputs: Record<string, number> & { rows: [number, number, number][] };
  tolerance: { rtol: number };
}
const { ints, starting } = readGolden<Case>('significance.json');

describe('exactMcNemar', () => {
  const [[, { outputs, tolerance }]] = starting('mcnemar_exact') as [[string, Case]];
  it.each(outputs.rows)('%i and %i', (onlyFirst, onlySecond, p) => {
    expect(Math.abs(exactMcNemar(onlyFirst, onlySecond) / p - 1)).toBeLessThan(tolerance.rtol);
    expect(exactMcNemar(onlySecond, onlyFirst)).toBe(exactMcNemar(onlyFirst, onlySecond));
  });
});

/** Two models' outcomes of a golden case. */
const models = ({ inputs }: Case, metric: ClassOutcome['metric']): [ClassOutcome, ClassOutcome] => {
  const labels = ints(inputs.labels);
  return [
    { metric, labels, predicted: ints(inputs.predictions_first) },
    { metric, labels, predicted: ints(inputs.predictions_second) },
  ];
};

/** p over every arrangement, by its definition: predictions are swapped, the metric is measured. */
function slowly(first: Outcome, second: Outcome, n: number): number {
  const width = first.labels.length / n;
  const swapped = <T extends Outcome>(of: T, other: T, bits: number): T => {
    const pick = <A extends Int32Array | Float32Array>(a: A, b: A) =>
      a.map((value, at) => ((bits >>> Math.floor(at / width)) & 1 ? b[at]! : value)) as A;
    if (of.metric === '11-point-map') return { ...of, scores: pick(of.scores, (other as RankedOutcome).scores) };
    return { ...of, predicted: pick((of as ClassOutcome).predicted, (other as ClassOutcome).predicted) };
  };
  const observed = Math.abs(measure(first) - measure(second));
  let extreme = 0;
  for (let bits = 0; bits < 2 ** n; bits++) {
    const difference = measure(swapped(first, second, bits)) - measure(swapped(second, first, bits));
    if (Math.abs(difference) >= observed - 1e-12) extreme++;
  }
  return extreme / 2 ** n;
}

describe('repeatedTest', () => {
  const labels = Int32Array.from({ length: 12 }, (_, i) => i % 3);
  const random = addressed(31);
  const outcome = (share: number, metric: ClassOutcome['metric']): ClassOutcome => ({
    metric,
    labels,
    predicted: labels.map((y) => (random.next() < share ? y : (y + 1) % 3)),
  });
  it.each([
    'top-1',
    'mean-per-class',
  ] as const)('of %s is what swapping all repetitions of an example gives', (metric) => {
    const first = [0.9, 0.7, 0.8].map((share) => outcome(share, metric));
    const second = [0.5, 0.6].map((share) => outcome(share, metric));
    const mean = (of: readonly ClassOutcome[]) => of.reduce((sum, one) => sum + measure(one), 0) / of.length;
    const { difference, p } = repeatedTest(first, second, { seed: 1 });
    expect(difference).toBeCloseTo(mean(first) - mean(second), 12);
    // By the definition: what a row adds to the difference, in every arrangement of signs.
    const alone = (row: number) => {
      const right = (of: readonly ClassOutcome[]) =>
        of.reduce((sum, { predicted }) => sum + Number(predicted[row] === labels[row]), 0) / of.length;
      return (right(first) - right(second)) / 12;
    };
    const parts = Array.from(labels, (_, row) => alone(row));
    let extreme = 0;
    for (let bits = 0; bits < 2 ** 12; bits++) {
      const sum = parts.reduce((total, part, row) => total + ((bits >>> row) & 1 ? -part : part), 0);
      if (Math.abs(sum) >= Math.abs(difference) - 1e-12) extreme++;
    }
    expect(p).toBeCloseTo(extreme / 2 ** 12, 12);
  });
});

describe('permutationTest', () => {
  it.each(starting('permutation/').slice(0, 2))('%s, every arrangement', (_, example) => {
    const { outputs } = example;
    const top1 = permutationTest(...models(example, 'top-1'), { seed: 1 });
    expect(top1.difference).toBeCloseTo(outputs.top1_difference!, 12);
    expect(top1.p).toBeCloseTo(outputs.top1_p_exact!, 12);
    const perClass = permutationTest(...models(example, 'mean-per-class'), { seed: 1 });
    expect(perClass.difference).toBeCloseTo(outputs.mean_per_class_difference!, 12);
    expect(perClass.p).toBe(outputs.mean_per_class_p_exact);
  });

  it('draws agree with McNemar within their error, and are the same when drawn again', () => {
    const [, example] = starting('permutation/large')[0]!;
    const [first, second] = models(example, 'top-1');
    const exact = permutationTest(first, second, { seed: 1 });
    expect(exact.method).toBe('mcnemar');
    expect(exact.p).toBeCloseTo(example.outputs.top1_p_exact!, 12);
    const samples = 100_000;
    const shares = sharesOf([first], [second]);
    const drawn = classSwapTest(shares, { seed: 1, samples });
    // Five standard errors of the draw, as the golden file has it.
    const error = (p: number) => 5 * Math.sqrt((p * (1 - p)) / samples) + 1 / samples;
    expect(Math.abs(drawn - exact.p)).toBeLessThan(error(exact.p));
    expect(classSwapTest(shares, { seed: 1, samples })).toBe(drawn);
    expect(classSwapTest(shares, { seed: 2, samples })).not.toBe(drawn);
    const random = addressed(5);
    for (const n of [40, 333, 2000]) {
      const signs = Array.from({ length: n }, () => (random.next() < 0.47 ? -1 : 1));
      const onlyFirst = signs.filter((sign) => sign > 0).length;
      const p = exactMcNemar(onlyFirst, n - onlyFirst);
      expect(Math.abs(classSwapTest(signs, { seed: n, samples }) - p)).toBeLessThan(error(p));
    }
  });

  it('is McNemar’s of the mean per class too where classes have one size', () => {
    const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
    const random = addressed(9);
    const [a, b] = [0.5, 0.8].map((share) => labels.map((y) => (random.next() < share ? y : (y + 1) % 3)));
    const [first, second] = [a!, b!].map((predicted): Outcome => ({ metric: 'mean-per-class', labels, predicted }));
    const { p, difference, method } = permutationTest(first!, second!, { seed: 1 });
    expect(method).toBe('mcnemar');
    expect(difference).toBeCloseTo(measure(first!) - measure(second!), 12);
    expect(p).toBe(
      permutationTest({ ...first!, metric: 'top-1' } as Outcome, { ...second!, metric: 'top-1' } as Outcome, {
        seed: 1,
      }).p,
    );
  });

  it('is what swapping predictions and measuring again gives, of any few examples', () => {
    const label = fc.nat(2);
    const rows = fc.array(fc.tuple(label, label, label), { minLength: 1, maxLength: 7 });
    const metrics = fc.constantFrom('top-1' as const, 'mean-per-class' as const);
    fc.assert(
      fc.property(rows, metrics, (drawn, metric) => {
        const [labels, a, b] = [0, 1, 2].map((at) => Int32Array.from(drawn, (row) => row[at]!));
        const first = { metric, labels: labels!, predicted: a! };
        const second = { metric, labels: labels!, predicted: b! };
        expect(permutationTest(first, second, { seed: 1 }).p).toBeCloseTo(slowly(first, second, drawn.length), 12);
      }),
      { numRuns: 100 },
    );
  });

  const ranked = fc.record({
    classes: fc.constant(2),
    rows: fc.array(
      fc.tuple(...Array.from({ length: 6 }, (_, at) => (at < 2 ? fc.integer({ min: -1, max: 1 }) : fc.nat(9)))),
      {
        minLength: 1,
        maxLength: 7,
      },
    ),
  });
  const outcomesOf = ({ rows, classes }: { rows: number[][]; classes: number }): [RankedOutcome, RankedOutcome] => {
    const labels = Int32Array.from(rows.flatMap((row) => row.slice(0, 2)));
    const scores = (at: number) => Float32Array.from(rows.flatMap((row) => row.slice(at, at + 2)));
    const of = { metric: '11-point-map' as const, labels, classes };
    return [
      { ...of, scores: scores(2) },
      { ...of, scores: scores(4) },
    ];
  };

  it('is that of 11-point mAP too, ties and difficult objects included', () => {
    fc.assert(
      fc.property(ranked, (drawn) => {
        const [first, second] = outcomesOf(drawn);
        const { p, difference } = permutationTest(first, second, { seed: 1 });
        if (Number.isNaN(measure(first))) {
          expect([difference, p]).toEqual([Number.NaN, Number.NaN]);
          return;
        }
        expect(difference).toBeCloseTo(measure(first) - measure(second), 12);
        expect(p).toBeCloseTo(slowly(first, second, drawn.rows.length), 12);
      }),
      { numRuns: 200 },
    );
  });

  it('draws for mAP agree with every arrangement', () => {
    const random = addressed(12);
    const rows = Array.from({ length: 12 }, () => [
      ...[0, 1].map(() => (random.next() < 0.4 ? 1 : -1)),
      ...[2, 3, 4, 5].map(() => random.next()),
    ]);
    const [first, second] = outcomesOf({ rows, classes: 2 });
    const exact = permutationTest(first, second, { seed: 1 });
    expect(exact.method).toBe('every-swap');
    const samples = 4095;
    const drawn = permutationTest(first, second, { seed: 1, samples });
    expect(drawn.method).toBe('drawn-swaps');
    expect(Math.abs(drawn.p - exact.p)).toBeLessThan(5 * Math.sqrt((exact.p * (1 - exact.p)) / samples) + 1 / samples);
  });

  it('finds no difference between a model and itself', () => {
    const [, example] = starting('permutation/0')[0]!;
    const [first] = models(example, 'top-1');
    expect(permutationTest(first, first, { seed: 1 })).toEqual({ difference: 0, p: 1, method: 'mcnemar' });
  });

  it('compares nothing but one metric on the same rows', () => {
    const [, example] = starting('permutation/0')[0]!;
    const [first, second] = models(example, 'top-1');
    const other = { ...second, labels: second.labels.map((label) => label + 1) };
    expect(() => permutationTest(first, other, { seed: 1 })).toThrow(/^not a pair: top-1 of/);
    expect(() => permutationTest(first, { ...second, metric: 'mean-per-class' }, { seed: 1 })).toThrow(/^not a pair: /);
  });
});
