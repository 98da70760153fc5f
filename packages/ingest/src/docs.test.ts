import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Dataset } from './dataset.ts';
import { DATASETS } from './registry.ts';

const PAGE = new URL('../../../docs/datasets.md', import.meta.url);
const METRICS = { 'top-1': 'top-1', 'mean-per-class': 'mean per class', '11-point-map': '11-point mAP' };
const thousands = (n: number) => n.toLocaleString('en-US');

/** The row of a dataset in the table of docs/datasets.md. */
function rowOf({ name, title, homepage, classes, metric, shape, splits, files, licence }: Dataset): string {
  const counts = [splits.train, ...(splits.validation ? [splits.validation] : []), splits.test].map(thousands);
  const images = shape ? shape.join('×') : 'files';
  const archives = files.map((file) => `\`${file.name}\``).join(', ');
  const cells = [`\`${name}\``, `[${title}](${homepage})`, images, classes, METRICS[metric], counts.join(' / ')];
  return `| ${[...cells, archives, licence].join(' | ')} |`;
}

describe('docs/datasets.md', () => {
  const page = readFileSync(PAGE, 'utf8');
  it.each(
    Object.values(DATASETS).map((dataset) => [dataset.name, dataset] as const),
  )('has %s as it is', (_, dataset) => {
    expect(page.split('\n')).toContain(rowOf(dataset));
  });

  it.each(
    Object.values(DATASETS).map((dataset) => [dataset.name, dataset] as const),
  )('%s says what it has to', (_, dataset) => {
    const { citation, homepage, files, name } = dataset;
    expect(citation).toMatch(/\d{4}$/);
    expect(homepage).toMatch(/^https?:\/\//);
    expect(name).toMatch(/^[a-z0-9-]+$/);
    for (const { checksum, sources, byHand } of files) {
      expect(sources.length > 0 || byHand !== undefined).toBe(true);
      if (checksum) expect(checksum.hex).toMatch(checksum.algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{64}$/);
    }
  });
});
