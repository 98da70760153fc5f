import type { ResultRow } from '@simclr/artifacts';
import { rowName } from '../summary.ts';

const FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#1f2933"';
/** Of Okabe and Ito: the colour-blind tell them apart. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#999999'];

const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const round = (value: number) => Number(value.toFixed(2));

const picture = (width: number, height: number, parts: readonly string[]) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('')}</svg>\n`;

const PLOT = { left: 60, top: 30, width: 480, height: 260 };

/** Validation score over what was tried, on a logarithmic axis, a line for each row; the chosen one is marked. */
export function curveSvg(rows: readonly ResultRow[]): string {
  const value = ({ l2, k, learningRate }: ResultRow['choice']) => Math.log10(l2 ?? k ?? learningRate ?? 1);
  const points = rows.flatMap(({ curve }) => curve ?? []);
  const [x, y] = [points.map(({ at }) => value(at)), points.map(({ score }) => score)];
  const scale = (values: number[], size: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return { low, high, at: (v: number) => (high > low ? ((v - low) / (high - low)) * size : size / 2) };
  };
  const [across, up] = [scale(x, PLOT.width), scale(y, PLOT.height)];
  const place = (trial: ResultRow['choice'], score: number) =>
    [round(PLOT.left + across.at(value(trial))), round(PLOT.top + PLOT.height - up.at(score))] as const;
  const lines = rows.flatMap((row, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const [cx, cy] = place(row.choice, row.validationScore ?? 0);
    const path = row.curve!.map(({ at, score }) => place(at, score).join(',')).join(' ');
    const label = `${rowName(row)}: ${Object.entries(row.choice).map(([key, chosen]) => `${key} ${Number(chosen.toPrecision(3))}`)}`;
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>`,
      `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"/>`,
      `<text x="${PLOT.left + PLOT.width + 16}" y="${PLOT.top + 16 * (i + 1)}" ${FONT} style="fill:${colour}">${escaped(label)}</text>`,
    ];
  });
  const bottom = PLOT.top + PLOT.height;
  const frame = [
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="18" ${FONT}>${escaped(`${rows[0]!.dataset}: ${rows[0]!.metric} on validation rows`)}</text>`,
    `<rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.width}" height="${PLOT.height}" fill="none" stroke="#b8c0cc"/>`,
    `<text x="${PLOT.left - 6}" y="${bottom}" ${FONT} text-anchor="end">${up.low.toFixed(3)}</text>`,
    `<text x="${PLOT.left - 6}" y="${PLOT.top + 10}" ${FONT} text-anchor="end">${up.high.toFixed(3)}</text>`,
    `<text x="${PLOT.left}" y="${bottom + 18}" ${FONT}>${Number((10 ** across.low).toPrecision(3))}</text>`,
    `<text x="${PLOT.left + PLOT.width}" y="${bottom + 18}" ${FONT} text-anchor="end">${Number((10 ** across.high).toPrecision(3))}</text>`,
  ];
  return picture(860, Math.max(bottom + 30, PLOT.top + 16 * (rows.length + 2)), [...frame, ...lines]);
}

/** Classes beyond which their names find no room. */
const NAMED = 40;

/**
 * A confusion matrix: labels down, predictions across, darker for a larger share of the label's rows.
 * @param counts [classes, classes]
 */
export function confusionSvg(counts: Int32Array, classes: readonly string[], title: string): string {
  const count = classes.length;
  const named = count <= NAMED;
  const size = named ? 22 : Math.max(2, Math.floor(720 / count));
  const [left, top] = [named ? 130 : 20, named ? 140 : 40];
  const parts = [
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="20" y="18" ${FONT}>${escaped(title)}: labels down, predictions across</text>`,
    `<rect x="${left}" y="${top}" width="${size * count}" height="${size * count}" fill="none" stroke="#b8c0cc"/>`,
  ];
  for (let label = 0; label < count; label++) {
    const row = counts.subarray(label * count, (label + 1) * count);
    const rows = row.reduce((sum, n) => sum + n, 0);
    row.forEach((n, c) => {
      if (n === 0) return;
      const said = escaped(`${classes[label]} as ${classes[c]}: ${n} of ${rows}`);
      parts.push(
        `<rect x="${left + c * size}" y="${top + label * size}" width="${size}" height="${size}" fill="#0072b2" fill-opacity="${round(0.05 + (0.95 * n) / rows)}"><title>${said}</title></rect>`,
      );
    });
    if (!named) continue;
    const middle = (label + 0.5) * size;
    const name = escaped(classes[label]!.slice(0, 18));
    parts.push(
      `<text x="${left - 6}" y="${top + middle + 4}" ${FONT} text-anchor="end">${name}</text>`,
      `<text transform="translate(${left + middle + 4} ${top - 6}) rotate(-90)" ${FONT}>${name}</text>`,
    );
  }
  return picture(left + size * count + 20, top + size * count + 20, parts);
}
