import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exactMcNemar, permutationTest } from '@simclr/probe';
import type { StageInputs } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsOf } from './columns.ts';
import { Table8Config } from './config.ts';
import { type Entry, readEntries } from './entries.ts';
import { type FakeTable, writeFakeTable } from './fake-table.ts';
import { notesOf } from './formats/sheet.ts';
import { compare, rightRows } from './outcomes.ts';
import { type Table, tableOf } from './table.ts';

const fake: FakeTable = {
  encoders: { good: 0.9, close: 0.89, bad: 0.5 },
  datasets: { digits: 'top-1', pets: 'mean-per-class', voc2007: '11-point-map', cifar10: 'top-1' },
  missing: ['flowers', 'food101', 'holidays'],
  protocols: ['knn', 'linear', 'fine-tune'],
  labelFractions: [0.01, 1],
  flags: { bad: [{ kind: 'below-baseline', dataset: 'pets', message: 'no better than pixels' }] },
};

const config = Table8Config.parse({ swaps: 2000, bootstrap: 200 });
let dir: string;
let inputs: StageInputs;
let entries: Entry[];
let table: Table;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'table-'));
  inputs = await writeFakeTable(dir, fake);
  entries = readEntries(
    inputs,
    inputs.results!.filter(({ item }) => !fake.missing.includes(item.dataset!)),
  );
  table = tableOf(columnsOf(inputs, entries), entries, config, 0);
});
afterAll(() => rmSync(dir, { recursive: true }));

const block = (protocol: string, labels = 'all labels') =>
  table.groups.find((group) => group.protocol === protocol && group.labels === labels)!;
const cellOf = (row: string, dataset: string, ...of: Parameters<typeof block>) =>
  block(...of).rows.find(({ name }) => name === row)!.cells[
    table.columns.findIndex((column) => column.dataset === dataset)
  ];

describe('the table', () => {
  it('has the paper’s datasets in its order, then the others, the missing among them', () => {
    expect(table.columns.map(({ dataset, missing }) => (missing ? `${dataset} missing` : dataset))).toEqual([
      'food101 missing',
      'cifar10',
      'voc2007',
      'pets',
      'flowers missing',
      'digits',
      'holidays missing',
    ]);
    expect(table.columns.map(({ short }) => short)).toEqual(['Food', 'C10', 'VOC', 'Pets', 'Flow', 'digit', 'holid']);
  });

  it('has a block for each protocol and share of the labels, encoders first and a baseline once', () => {
    expect(table.groups.map(({ protocol, labels }) => `${protocol}: ${labels}`)).toEqual([
      'linear: all labels',
      'linear: 1 % of labels',
      'knn: all labels',
      'fine-tune: all labels',
    ]);
    for (const { protocol, rows } of table.groups) {
      // Trained as the others are, from weights drawn at random.
      const untrained = protocol === 'fine-tune' ? 'random init' : 'untrained';
      expect(rows.map(({ name }) => name)).toEqual(['good', 'close', 'bad', untrained, 'pixels']);
    }
  });

  it('has a row for each tap of an encoder, where there are several', () => {
    const [first] = inputs.results!;
    const tapped = ['block_group3', 'final_avg_pool'].map((tap) => ({ ...first!, item: { ...first!.item, tap } }));
    expect([...new Set(readEntries(inputs, tapped).map(({ encoder }) => encoder))]).toEqual([
      'good, block_group3',
      'good, final_avg_pool',
    ]);
  });

  it('has one row for an encoder that lacks a dataset, and tells what it lacks', () => {
    const { row } = entries.find(({ row }) => row.labelFraction === 0.01 && row.protocol === 'linear')!;
    const { dataset, features, protocol, labelFraction, draw } = row;
    const left = {
      encoder: 'good',
      row: { dataset, features, protocol, labelFraction, draw, reason: 'too few labels' },
    };
    const there = entries.filter((entry) => !(entry.encoder === 'good' && entry.row.dataset === dataset));
    const drawn = tableOf(columnsOf(inputs, there), there, config, 0, { omissions: [left] });
    const { rows } = drawn.groups.find(({ protocol, labels }) => protocol === 'linear' && labels === '1 % of labels')!;
    expect(rows.map(({ name }) => name).sort()).toEqual(['bad', 'close', 'good', 'pixels', 'untrained']);
    expect(rows.every(({ omitted }) => omitted === undefined)).toBe(true);
    expect(notesOf(drawn)).toContain(`good: not evaluated: too few labels (${dataset})`);
  });

  it('sets in bold the best, and what is not significantly worse', () => {
    for (const { rows } of table.groups)
      for (const at of table.columns.keys()) {
        const cells = rows.flatMap(({ cells }) => cells[at] ?? []);
        if (!cells.length) continue;
        const most = Math.max(...cells.map(({ mean }) => mean));
        for (const cell of cells) {
          expect(cell.best).toBe(cell.worse === undefined);
          if (cell.best) expect([cell.mean, cell.bold]).toEqual([most, true]);
          else {
            const { below, tested } = cell.worse!;
            expect(below).toBeCloseTo(most - cell.mean, 12);
            expect(cell.bold).toBe(tested.p >= 0.05 || tested.difference <= 0);
          }
        }
      }
    expect(cellOf('bad', 'cifar10', 'linear')!.bold).toBe(false);
    expect(cellOf('close', 'cifar10', 'linear')!.bold).toBe(true);
  });

  it('gives a mean and its standard error over repetitions, an interval of a single one', () => {
    const few = cellOf('good', 'cifar10', 'linear', '1 % of labels')!;
    const scores = few.entries.map(({ row }) => row.score);
    const mean = scores.reduce((sum, score) => sum + score, 0) / 3;
    const square = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
    expect([scores.length, few.mean, few.standardError]).toEqual([
      3,
      expect.closeTo(mean, 12),
      expect.closeTo(Math.sqrt(square / 2 / 3), 12),
    ]);
    expect(few.interval).toBeUndefined();
    for (const dataset of ['cifar10', 'pets', 'voc2007']) {
      const { mean: score, interval, standardError } = cellOf('good', dataset, 'linear')!;
      expect(interval!.low).toBeLessThan(score);
      expect(interval!.high).toBeGreaterThan(score);
      expect(standardError).toBeUndefined();
    }
  });

  it('has the paper beside linear evaluation and fine-tuning on all labels alone', () => {
    expect(table.groups.map(({ paper }) => paper.length)).toEqual([4, 0, 0, 6]);
    const columns = table.columns.filter(({ dataset }) => dataset === 'digits');
    expect(tableOf(columns, entries, config, 0).groups.every(({ paper }) => paper.length === 0)).toBe(true);
    const without = tableOf(table.columns, entries, { ...config, paper: false }, 0);
    expect(without.groups.every(({ paper }) => paper.length === 0)).toBe(true);
  });

  it('shows a flag in the cells of its dataset and once for all', () => {
    expect(table.flags).toEqual([{ encoder: 'bad', flag: fake.flags.bad![0] }]);
    expect(cellOf('bad', 'pets', 'linear')!.flags).toHaveLength(1);
    for (const [row, dataset] of [
      ['bad', 'cifar10'],
      ['good', 'pets'],
      ['pixels', 'pets'],
    ] as const)
      expect(cellOf(row, dataset, 'linear')!.flags).toEqual([]);
  });

  it('tells a flag that several encoders have once, with their names', () => {
    const [{ flag }] = table.flags as [Table['flags'][number]];
    const notes = notesOf({ ...table, flags: [...table.flags, { encoder: 'good', flag }] });
    expect(notes.filter((note) => note.startsWith('below-baseline'))).toEqual([
      'below-baseline: bad, good on pets: no better than pixels',
    ]);
  });

  it('takes repetitions of one encoder together', () => {
    const seeds = entries
      .filter(({ encoder, row }) => encoder !== 'bad' && row.protocol === 'linear' && row.labelFraction === 1)
      .map((entry) => ({ ...entry, encoder: 'ours', network: 'ours', seed: entry.encoder }));
    const [linear] = tableOf(table.columns, seeds, config, 0).groups;
    const [ours] = linear!.rows;
    expect(linear!.rows.map(({ name }) => name)).toEqual(['ours', 'untrained', 'pixels']);
    for (const baseline of linear!.rows.slice(1)) expect(baseline.cells[1]!.count).toBe(1);
    const cell = ours!.cells[1]!;
    expect([cell.count, cell.mean]).toEqual([
      2,
      (cellOf('good', 'cifar10', 'linear')!.mean + cellOf('close', 'cifar10', 'linear')!.mean) / 2,
    ]);
  });
});

/** A classifier of 200 test rows that gets those right that it is told. */
function classifier(encoder: string, right: (row: number) => boolean, seed = ''): Entry {
  const key = { dataset: 'd', features: 'pretrained', protocol: 'linear', labelFraction: 1, draw: 0 } as const;
  const labels = Array.from({ length: 200 }, (_, row) => row % 2);
  const predicted = labels.map((label, row) => (right(row) ? label : 1 - label));
  const top1 = labels.filter((_, row) => right(row)).length / 200;
  const row = { ...key, trainRows: 9, testRows: 200, metric: 'top-1', score: top1, top1, choice: {} } as const;
  const test = { dataset: 'd', digest: 'x', metric: 'top-1' as const, classes: ['a', 'b'], labels };
  return { encoder, network: encoder, seed, row, prediction: { ...key, predicted }, test, flags: [] };
}

describe('a table of repetitions', () => {
  const columns: Table['columns'] = [{ dataset: 'd', title: 'D', short: 'd', metric: 'top-1' }];
  // The best on average is the worst in its first repetition.
  const first = [
    classifier('a', (row) => row < 120, '0'),
    classifier('a', (row) => row < 200, '1'),
    classifier('a', (row) => row < 200, '2'),
  ];
  const second = ['0', '1', '2'].map((seed) => classifier('b', (row) => row < 170, seed));
  const [group] = tableOf(columns, [...first, ...second], config, 0).groups;
  const [a, b] = group!.rows.map(({ cells }) => cells[0]!);

  it('compares the means, of all of them', () => {
    expect([a!.mean, b!.mean]).toEqual([expect.closeTo(260 / 300, 12), expect.closeTo(0.85, 12)]);
    const { below, tested } = b!.worse!;
    expect([below, tested.difference]).toEqual([expect.closeTo(1 / 60, 12), expect.closeTo(1 / 60, 12)]);
    expect(tested.p).toBeGreaterThan(0.05);
    expect(b!.bold).toBe(true);
  });

  it('has a flag of any of them in its cell', () => {
    const flag = { kind: 'below-baseline' as const, dataset: 'd', message: 'no better than pixels' };
    const flagged = first.map((entry, i) => (i === 0 ? entry : { ...entry, flags: [flag] }));
    expect(tableOf(columns, flagged, config, 0).groups[0]!.rows[0]!.cells[0]!.flags).toEqual([flag]);
  });
});

describe('VOC', () => {
  it('is no worse, whatever p, where only mAP is lower', () => {
    const [a, b] = [classifier('a', (row) => row < 100), classifier('b', () => true)];
    const ranked = { ...a, row: { ...a.row, score: 1 } };
    const below = { ...b, row: { ...b.row, score: 0.8 } };
    const columns: Table['columns'] = [{ dataset: 'd', title: 'D', short: 'd', metric: '11-point-map' }];
    const cell = tableOf(columns, [ranked, below], config, 0).groups[0]!.rows[1]!.cells[0]!;
    expect([cell.best, cell.bold, cell.worse!.below]).toEqual([false, true, expect.closeTo(0.2, 12)]);
    expect(cell.worse!.tested).toMatchObject({ difference: expect.closeTo(-0.5, 12), p: expect.closeTo(0, 6) });
  });
});

describe('compare', () => {
  const entryOf = (encoder: string, dataset: string) =>
    entries.find(
      ({ row, ...entry }) =>
        entry.encoder === encoder && row.dataset === dataset && row.protocol === 'linear' && row.labelFraction === 1,
    )!;
  const options = { seed: 0, samples: 2000 };

  it('is McNemar’s test of top-1, and the permutation test of the mean per class', () => {
    const [a, b] = [entryOf('good', 'cifar10'), entryOf('bad', 'cifar10')];
    const [right, other] = [rightRows(a), rightRows(b)];
    const only = (x: Int8Array, y: Int8Array) => x.filter((value, i) => value === 1 && y[i] === 0).length;
    expect(compare([a], [b], options)).toMatchObject({
      method: 'mcnemar',
      p: exactMcNemar(only(right, other), only(other, right)),
    });
    const [c, d] = [entryOf('good', 'pets'), entryOf('close', 'pets')];
    const outcome = ({ test, prediction }: Entry) => ({
      metric: 'mean-per-class' as const,
      labels: Int32Array.from(test.labels),
      predicted: Int32Array.from(prediction.predicted),
    });
    expect(compare([c], [d], options)).toEqual(permutationTest(outcome(c), outcome(d), options));
  });

  it('is of accuracy for VOC, without the images whose likeliest class is difficult', () => {
    const [a, b] = [entryOf('good', 'voc2007'), entryOf('bad', 'voc2007')];
    const [right, other] = [rightRows(a), rightRows(b)];
    expect(right.includes(-1) || other.includes(-1)).toBe(true);
    const kept = [...right.keys()].filter((i) => right[i]! >= 0 && other[i]! >= 0);
    const share = (of: Int8Array) => kept.filter((i) => of[i] === 1).length / kept.length;
    const found = compare([a], [b], options);
    expect([found.method, found.difference]).toEqual(['mcnemar', expect.closeTo(share(right) - share(other), 12)]);
  });

  it('refuses other test images', () => {
    const [a, b] = [entryOf('good', 'cifar10'), entryOf('bad', 'cifar10')];
    expect(() => compare([a], [{ ...b, test: { ...b.test, digest: 'other' } }], options)).toThrow(
      /^not a pair: good and bad were tested on different images of cifar10\. run /,
    );
  });
});
