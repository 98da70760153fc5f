import { join } from 'node:path';
import { unpackFloats } from '@simclr/artifacts';
import { closeEncoded, loadSplit } from '@simclr/shards';
import { type Html, html } from '../../html.ts';
import { imageUri } from '../../images.ts';
import type { Column } from '../columns.ts';
import type { Entry } from '../entries.ts';
import { rightRows } from '../outcomes.ts';
import type { Table } from '../table.ts';

/** A test image that many classifiers get wrong. */
export interface Hard {
  row: number;
  /** Classifiers that get it wrong, of how many. */
  wrong: number;
  of: number;
  /** What it shows, and what it is most often taken for. */
  label: string;
  taken: string;
}

/**
 * Test images that the most classifiers get wrong, of equal ones those where they are surest, then the first. All are of the
 * same test rows.
 */
export function hardestRows(entries: readonly Entry[], count: number): Hard[] {
  const [first] = entries;
  if (!first) return [];
  const right = entries.map(rightRows);
  const wrong = first.prediction.predicted.map((_, row) => right.filter((of) => of[row] === 0).length);
  const sure = surenessOf(entries, right);
  return [...wrong.keys()]
    .filter((row) => wrong[row]! > 0)
    .sort((a, b) => wrong[b]! - wrong[a]! || sure[b]! - sure[a]! || a - b)
    .slice(0, count)
    .map((row) => ({
      row,
      wrong: wrong[row]!,
      of: entries.length,
      label: labelOf(first, row),
      taken: takenFor(entries, right, row),
    }));
}

/** Of each test row the summed probabilities of what it is wrongly taken for, where protocols give some. */
function surenessOf(entries: readonly Entry[], right: readonly Int8Array[]): Float32Array {
  const sure = new Float32Array(entries[0]!.prediction.predicted.length);
  for (const [i, { prediction }] of entries.entries()) {
    if (prediction.confidence === undefined) continue;
    const confidence = unpackFloats(prediction.confidence);
    for (const row of sure.keys()) if (right[i]![row] === 0) sure[row]! += confidence[row]!;
  }
  return sure;
}

function labelOf({ test: { labels, classes, metric } }: Entry, row: number): string {
  if (metric !== '11-point-map') return classes[labels[row]!]!;
  return classes.filter((_, c) => labels[row * classes.length + c] === 1).join(', ');
}

function takenFor(entries: readonly Entry[], right: readonly Int8Array[], row: number): string {
  const counts = new Map<number, number>();
  for (const [i, { prediction }] of entries.entries()) {
    const predicted = prediction.predicted[row]!;
    if (right[i]![row] === 0) counts.set(predicted, (counts.get(predicted) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  return entries[0]!.test.classes[most![0]]!;
}

/** The classifiers of a dataset that are asked: encoders, not what they are compared with, on all labels. */
const asked = ({ groups }: Table, column: number): Entry[] =>
  groups
    .filter(({ labels }) => labels === 'all labels')
    .flatMap(({ rows }) => rows)
    .filter(({ kind }) => kind === 'pretrained')
    .flatMap(({ cells }) => cells[column]?.entries[0] ?? []);

/** The hardest images of each dataset, with their pictures. */
export async function hardestSection(table: Table, count: number): Promise<Html> {
  const parts: Html[] = [];
  for (const [at, column] of table.columns.entries()) {
    const hard = hardestRows(asked(table, at), count);
    if (hard.length && column.folder) parts.push(await pictures(column, hard));
  }
  if (!parts.length) return html``;
  return html`<section><h2>Hardest images</h2><p>Test images that the most classifiers get wrong: what they show, and what they are
most often taken for.</p>${parts}</section>
`;
}

async function pictures({ title, folder }: Column, hard: readonly Hard[]): Promise<Html> {
  const images = loadSplit(join(folder!, 'test'));
  try {
    const figures = await Promise.all(
      hard.map(async ({ row, wrong, of, label, taken }) => {
        const uri = await imageUri(images, row);
        return html`<figure><img src="${uri}" alt="${label}"><figcaption><b>${label}</b> taken for ${taken}<small>${wrong} of ${of} wrong; image ${row}</small></figcaption></figure>`;
      }),
    );
    return html`<h3>${title}</h3><div class="hardest">${figures}</div>`;
  } finally {
    if (!images.shape) closeEncoded(images);
  }
}
