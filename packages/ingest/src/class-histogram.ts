import { xmlText } from '@simclr/figures/text';
import type { SplitName } from '@simclr/shards';
import sharp from 'sharp';

const COLOURS: Record<SplitName, string> = { train: '#3b6ea5', validation: '#8fb4d9', test: '#e0872f' };
/** Classes that are named. */
const NAMED = 130;
const WIDTH = 900;
const LEFT = 150;
const RIGHT = 70;
const TOP = 34;

/** Images of each class as bars, one behind the other for its splits. @returns a PNG */
export function classHistogram(
  classes: readonly string[],
  counts: readonly (readonly [split: SplitName, perClass: ArrayLike<number>])[],
): Promise<Buffer> {
  const named = classes.length <= NAMED;
  const bar = named ? 16 : Math.max(1, Math.min(8, 1000 / classes.length));
  const totals = classes.map((_, label) => counts.reduce((sum, [, perClass]) => sum + perClass[label]!, 0));
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(1, ...totals);
  const bars = classes.map((name, label) => {
    const y = TOP + label * bar;
    let x = LEFT;
    const parts = counts.map(([split, perClass]) => {
      const width = perClass[label]! * scale;
      const part = `<rect x="${x}" y="${y}" width="${width}" height="${named ? bar - 2 : bar}" fill="${COLOURS[split]}"/>`;
      x += width;
      return part;
    });
    if (!named) return parts.join('');
    const short = name.length > 22 ? `${name.slice(0, 21)}…` : name;
    const number = `<text x="${x + 4}" y="${y + bar - 4}">${totals[label]!.toLocaleString('en-US')}</text>`;
    return `<text x="${LEFT - 6}" y="${y + bar - 4}" text-anchor="end">${xmlText(short)}</text>${parts.join('')}${number}`;
  });
  const legend = counts.map(
    ([split, perClass], i) =>
      `<rect x="${LEFT + 190 * i}" y="9" width="12" height="12" fill="${COLOURS[split]}"/><text x="${LEFT + 190 * i + 18}" y="20">${split}, ${Math.min(...Array.from(perClass)).toLocaleString('en-US')} to ${Math.max(...Array.from(perClass)).toLocaleString('en-US')} a class</text>`,
  );
  const height = Math.ceil(TOP + classes.length * bar + 8);
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}"><rect width="100%" height="100%" fill="white"/><g font-family="sans-serif" font-size="12">${legend.join('')}${bars.join('')}</g></svg>`;
  return sharp(Buffer.from(drawn)).png().toBuffer();
}
