import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PAPER_DATASETS, PAPER_ROWS } from './paper.ts';

const reference = join(import.meta.dirname, '../../../../../shared/reference/simclr.md');

it('the paper’s rows have a number for each of its datasets, fine-tuning above linear evaluation where it should be', () => {
  expect(PAPER_ROWS).toHaveLength(10);
  for (const { values } of PAPER_ROWS) {
    expect(values).toHaveLength(PAPER_DATASETS.length);
    for (const value of values) expect(value > 30 && value < 100).toBe(true);
  }
  const of = (protocol: string, network: string, method: string) =>
    PAPER_ROWS.find((row) => row.protocol === protocol && row.network === network && row.method === method)!.values;
  for (const [at, { dataset }] of PAPER_DATASETS.entries())
    for (const network of ['R50 1x', 'R50 4x'])
      if (!['dtd', 'caltech101'].includes(dataset))
        expect(of('fine-tune', network, 'SimCLR')[at]).toBeGreaterThan(of('linear', network, 'SimCLR')[at]!);
});

it.skipIf(!existsSync(reference))('the numbers are those that the reference notes have (../shared)', () => {
  const text = readFileSync(reference, 'utf8');
  for (const { source, values } of PAPER_ROWS) {
    const line = text.split('\n').findIndex((each) => each.startsWith(`**${source} (`));
    const paragraph = text
      .split('\n')
      .slice(line, line + 3)
      .join('\n');
    expect(paragraph).toContain(values.map((value) => value.toFixed(1)).join(' '));
  }
});
