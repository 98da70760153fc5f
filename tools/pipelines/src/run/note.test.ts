import { describe, expect, it } from 'vitest';
import { noteOf, type StageRow, summaryTable } from './note.ts';

const rows: StageRow[] = [
  { id: 'ingest', state: 'cached', metrics: { rows: 70000 }, key: 'k1' },
  { id: 'linear-eval', state: 'ran', seconds: 12.34, metrics: { pretrained: 0.86543, 'random-init': 0.8 }, key: 'k2' },
];
const results = [
  ['%', 'pretrained', 'pixels'],
  ['digits', '97.8', '97.0'],
];

describe('summaries', () => {
  it('the console has what stages measured where there are no results', () => {
    expect(summaryTable(rows, [])).toBe(
      '  ingest       cached              rows 70000\n' +
        '  linear-eval  ran         12.3 s  pretrained 0.8654 · random-init 0.8000\n',
    );
  });

  it('and the results where there are some', () => {
    expect(summaryTable(rows, results)).toBe(
      '  ingest       cached\n' +
        '  linear-eval  ran         12.3 s\n' +
        '\n' +
        '  %       pretrained  pixels\n' +
        '  digits        97.8    97.0\n',
    );
  });

  it('no line is longer than 100 columns, whatever there is to say', () => {
    const wide = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`transfer/dataset-${i}`, i / 7]));
    const table = [
      ['%', ...Object.keys(wide)],
      ['an-item-of-a-study', ...Object.keys(wide).map(() => '88.8 ± 0.1')],
    ];
    for (const said of [summaryTable([{ ...rows[1]!, metrics: wide }], []), summaryTable(rows, table)]) {
      expect(Math.max(...said.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
    expect(summaryTable(rows, table)).toMatch(/\+27$/m);
  });

  it("MLflow's note has the results, and links every stage to the run that made its result, cached ones too", () => {
    const note = noteOf(results, rows, { runIds: new Map([['k1', 'r1']]), experimentId: '7' });
    expect(note.split('\n')).toEqual([
      '| % | pretrained | pixels |',
      '|---|--:|--:|',
      '| digits | 97.8 | 97.0 |',
      '',
      '| stage | result | seconds |',
      '|---|--:|--:|',
      '| [ingest](#/experiments/7/runs/r1) | cached |  |',
      '| linear-eval | ran | 12.3 |',
    ]);
  });
});
