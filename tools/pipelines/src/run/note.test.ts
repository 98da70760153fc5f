import { describe, expect, it } from 'vitest';
import { noteTable, type StageRow, summaryTable } from './note.ts';

const rows: StageRow[] = [
  { id: 'ingest', state: 'cached', metrics: { rows: 70000 }, key: 'k1' },
  { id: 'linear-eval', state: 'ran', seconds: 12.34, metrics: { pretrained: 0.86543, 'random-init': 0.8 }, key: 'k2' },
];

describe('summaries', () => {
  it('the console table lines up and shows headline metrics', () => {
    expect(summaryTable(rows)).toBe(
      '  ingest       cached              rows 70000\n' +
        '  linear-eval  ran         12.3 s  pretrained 0.8654 · random-init 0.8000\n',
    );
  });

  it("MLflow's note links every stage to the run that made its result, cached ones too, where it is known", () => {
    const note = noteTable(rows, new Map([['k1', 'r1']]), '7');
    expect(note.split('\n').slice(2)).toEqual([
      '| [ingest](#/experiments/7/runs/r1) | cached |  | rows 70000 |',
      '| linear-eval | ran | 12.3 | pretrained 0.8654 · random-init 0.8000 |',
    ]);
  });
});
