import type { ImportedCheckpoint } from '@simclr/nn';
import type { EncoderJson } from './import-encoder.ts';

const MANY = 5;

/** Names by their layers, or by their first parts where those are many, counted: `fc ×2`, `ema_model ×318`. */
function summary(names: readonly string[]): string {
  const layers = new Set(names.map(layerOf));
  const keys = names.map((name) => (layers.size > MANY ? endingOf(name) || name.split(/[./]/)[0]! : layerOf(name)));
  const counts = Map.groupBy(keys, (key) => key);
  return [...counts].map(([key, { length }]) => (length > 1 ? `${key} ×${length}` : key)).join(', ');
}

/** Kinds of tensors that every layer has. */
const endingOf = (name: string): string | undefined => /num_batches_tracked$|Momentum(_1)?$/.exec(name)?.[0];

const layerOf = (name: string): string => endingOf(name) ?? (name.replace(/[./][^./]+$/, '') || name);

/** What an import gave, a line each: two columns for the terminal. */
export function reportTable({ imported, info }: { imported: ImportedCheckpoint; info: EncoderJson }): string {
  const { architecture, head, classes, report } = imported;
  const { depth, width, stem, skRatio, seRatio, normalize, poolPadding } = architecture;
  const extras = [
    skRatio && `selective kernels ${skRatio}`,
    seRatio && `squeeze and excitation ${seRatio}`,
    poolPadding && `${poolPadding} pool padding`,
  ];
  const heads = [
    head && `projection, ${head.layers} layers to ${head.outDim}`,
    classes && `supervised, ${classes} classes`,
  ];
  const rows: [string, string][] = [
    ['format', report.format],
    ['network', [`ResNet-${depth}`, `width ${width}`, `${stem} stem`, ...extras.filter(Boolean)].join(', ')],
    ['heads', heads.filter(Boolean).join('; ') || 'none'],
    ['images', `[n, ${info.inputShape.join(', ')}] in [0, 1]${normalize ? ', then less mean, by deviation:' : ''}`],
    ...(normalize
      ? [['', `mean ${normalize.mean.join(' ')}, deviation ${normalize.std.join(' ')}`] as [string, string]]
      : []),
    ['matched', `${report.matched.length} tensors, ${report.reshaped.length} of them from OIHW to HWIO`],
    ['unused', report.unused.length > 0 ? `${report.unused.length}: ${summary(report.unused)}` : 'none'],
    [
      'missing',
      report.missing.length > 0 ? `${report.missing.length}: ${report.missing[0]!.replace(/\/conv1.*/, '')}` : 'none',
    ],
  ];
  if (report.missing.length > 0)
    rows.push(
      ['', 'the first shortcut has no projection there: it became the identity, exact in evaluation,'],
      ['', 'while in further training its batch norm takes the statistics of the batch'],
    );
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}`).join('\n');
}
