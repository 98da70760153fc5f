import type { DatasetRow } from '@simclr/ingest';
import type { ImageShape } from '@simclr/shards';
import { writeFileAtomic } from '@simclr/stage';
import sharp from 'sharp';
import { nameOf } from './examine.ts';
import type { Report } from './run-check.ts';
import type { Subject } from './subject.ts';

const CELL = 96;
const GAP = 8;
/** Pairs on a sheet, and in a line of it. */
const ON_SHEET = 60;
const IN_LINE = 6;

/** Writes pairs of images that are one side by side, as a PNG. */
export async function writeSheet(path: string, reports: readonly Report[]): Promise<void> {
  const cells: Buffer[] = [];
  for (const { twins, across, subject, against } of reports) {
    if (!subject) continue;
    const room = ON_SHEET - cells.length / 2;
    const own = twins.slice(0, room);
    const other = across.slice(0, room - own.length);
    const here = await picturesOf(subject, [
      ...own.flatMap(({ a, b }) => [a.name, b.name]),
      ...other.map(({ a }) => a.name),
    ]);
    const there = against
      ? await picturesOf(
          against,
          other.map(({ b }) => b.name),
        )
      : new Map<string, Buffer>();
    cells.push(...own.flatMap(({ a, b }) => [here.get(a.name)!, here.get(b.name)!]));
    cells.push(...other.flatMap(({ a, b }) => [here.get(a.name)!, there.get(b.name)!]));
  }
  const placed = cells.map((input, i) => {
    const pair = Math.floor(i / 2);
    const left = GAP + (pair % IN_LINE) * (2 * CELL + 2 + GAP) + (i % 2) * (CELL + 2);
    return { input, left, top: GAP + Math.floor(pair / IN_LINE) * (CELL + GAP) };
  });
  const lines = Math.max(1, Math.ceil(cells.length / 2 / IN_LINE));
  const [width, height] = [GAP + IN_LINE * (2 * CELL + 2 + GAP), GAP + lines * (CELL + GAP)];
  const blank = sharp({ create: { width, height, channels: 3, background: 'white' } });
  writeFileAtomic(path, await blank.composite(placed).png().toBuffer());
}

/** Reads a dataset again for the images that are shown. */
async function picturesOf({ rows, shape }: Subject, names: readonly string[]): Promise<Map<string, Buffer>> {
  const wanted = new Set(names);
  const found = new Map<string, Buffer>();
  let at = 0;
  if (wanted.size === 0) return found;
  for await (const row of rows()) {
    const name = nameOf(row, at++);
    if (wanted.has(name) && !found.has(name)) found.set(name, await cell(row, shape));
    if (found.size === wanted.size) break;
  }
  return found;
}

function cell(row: DatasetRow, shape: ImageShape | null): Promise<Buffer> {
  const [height, width, channels] = shape ?? [0, 0, 3];
  const opened =
    'pixels' in row
      ? sharp(row.pixels, { raw: { height, width, channels: channels as 1 | 3 } })
      : sharp(row.bytes, { failOn: 'none' }).autoOrient();
  const small = opened.resize(CELL, CELL, { fit: 'contain', background: 'white', kernel: 'nearest' });
  return small.toColourspace('srgb').png().toBuffer();
}
