import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FEATURE_KINDS, readResults } from '@simclr/artifacts';

const HEADS = { pretrained: 'encoder', 'random-init': 'untrained', pixels: 'pixels' } as const;

/**
 * Table 8 of one encoder for the terminal: a row for each dataset, in per cent, by linear evaluation on all labels. A dataset
 * without results is named.
 */
export function resultTable(folder: string, datasets: readonly string[]): string {
  const flags: string[] = [];
  const rows = datasets.map((dataset) => {
    const results = join(folder, 'transfer', dataset, 'data');
    if (!existsSync(join(results, 'results.json'))) return [dataset, 'not there', '', '', ''];
    const { rows, flags: found } = readResults(results);
    flags.push(...found.map(({ kind, message }) => `flag, ${kind}: ${message}`));
    const linear = rows.filter(({ protocol, labelFraction }) => protocol === 'linear' && labelFraction === 1);
    const scoreOf = (kind: string) => linear.find(({ features }) => features === kind)?.score;
    const scores = FEATURE_KINDS.map((kind) => scoreOf(kind));
    return [
      dataset,
      linear[0]?.metric ?? '',
      ...scores.map((score) => (score === undefined ? '–' : (100 * score).toFixed(1))),
    ];
  });
  const all = [['dataset', 'metric', ...FEATURE_KINDS.map((kind) => HEADS[kind])], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [...all.map(line), ...new Set(flags)].join('\n');
}
