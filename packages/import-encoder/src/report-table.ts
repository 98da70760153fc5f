import type { ImportedCheckpoint, ResNetConfig } from '@simclr/nn/checkpoints';
import type { ImportedEncoder } from './checkpoint-encoder.ts';

/** Groups that a line may list. */
const MANY = 8;

/** Kinds of tensors that every layer has. */
const ENDING = /num_batches_tracked$|Momentum(_1)?$/;
/** Tensors of one layer, which go by the layer's name. */
const TENSOR = /[./](weight|bias|running_mean|running_var|kernel|gamma|beta|moving_mean|moving_variance)$/;

const bare = (prefix: string): string => prefix.replace(/[./]$/, '');
const counted = (groups: Iterable<[string, readonly unknown[]]>): string[] =>
  [...groups].map(([key, { length }]) => (length > 1 ? `${key} ×${length}` : key));

/**
 * Tensors left over, in groups that are counted: of another network, `encoder_k ×102`; of a kind, `num_batches_tracked ×20`;
 * of a layer, `fc ×2`, or of as many first parts of the name as give a few groups.
 */
function summary({ unused, prefix, others }: ImportedCheckpoint['report']): string {
  const groups = new Map<string, string[]>();
  const layers: string[] = [];
  for (const name of unused) {
    const network = others.find((other) => other !== '' && name.startsWith(other));
    const key = network ? bare(network) : ENDING.exec(name)?.[0];
    if (key) groups.set(key, [...(groups.get(key) ?? []), name]);
    else layers.push((name.startsWith(prefix) ? name.slice(prefix.length) : name).replace(TENSOR, ''));
  }
  const parts = layers.map((name) => name.split(/[./]/));
  const at = (depth: number) => Map.groupBy(parts, (part) => part.slice(0, depth).join('.'));
  let depth = parts.reduce((most, { length }) => Math.max(most, length), 1);
  while (depth > 1 && at(depth).size > MANY) depth--;
  const all = [...at(depth)];
  const rest = all.slice(MANY).reduce((sum, [, { length }]) => sum + length, 0);
  return [...counted(groups), ...counted(all.slice(0, MANY)), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

/** Which of the file's tensors, where they have a prefix, and which networks were left. */
function weightsRows({ prefix, others }: ImportedCheckpoint['report']): [string, string][] {
  if (prefix === '' && others.length === 0) return [];
  const left = others.map((name) => `--prefix ${bare(name) || "''"}`).slice(0, MANY);
  return [
    ['weights', `of ${bare(prefix) || 'the top'}`],
    ...(left.length > 0 ? [['', `also there: ${left.join(', ')}`] as [string, string]] : []),
  ];
}

/** A network in words: `ResNet-50, width 64, imagenet stem, symmetric pool padding`. */
export function networkName(architecture: ResNetConfig): string {
  const { depth, width, stem, skRatio, seRatio, poolPadding, stemPadding, bottleneckStride } = architecture;
  const extras = [
    skRatio && `selective kernels ${skRatio}`,
    seRatio && `squeeze and excitation ${seRatio}`,
    architecture.stemStride && `stem stride ${architecture.stemStride}`,
    stemPadding !== undefined && `stem padding ${stemPadding}`,
    architecture.stemPool !== undefined && (architecture.stemPool ? 'max pooling' : 'no max pooling'),
    poolPadding && `${poolPadding} pool padding`,
    bottleneckStride && `stride on the ${bottleneckStride}`,
  ];
  return [`ResNet-${depth}`, `width ${width}`, `${stem} stem`, ...extras.filter(Boolean)].join(', ');
}

/** What an import gave, a line each: two columns for the terminal. */
export function reportTable({ imported, info }: ImportedEncoder): string {
  const { architecture, head, classes, report } = imported;
  const { normalize } = architecture;
  const heads = [
    head && `projection, ${head.layers} layers to ${head.outDim}`,
    classes && `supervised, ${classes} classes`,
  ];
  const rows: [string, string][] = [
    ['format', report.format],
    ...weightsRows(report),
    ['network', networkName(architecture)],
    ['heads', heads.filter(Boolean).join('; ') || 'none'],
    ['images', `[n, ${info.inputShape.join(', ')}] in [0, 1]${normalize ? ', then less mean, by deviation:' : ''}`],
    ...(normalize
      ? [['', `mean ${normalize.mean.join(' ')}, deviation ${normalize.std.join(' ')}`] as [string, string]]
      : []),
    ['matched', `${report.matched.length} tensors, ${report.reshaped.length} of them from OIHW to HWIO`],
    ['unused', report.unused.length > 0 ? `${report.unused.length}: ${summary(report)}` : 'none'],
    [
      'missing',
      report.missing.length > 0 ? `${report.missing.length}: ${report.missing[0]!.replace(/\/conv1.*/, '')}` : 'none',
    ],
  ];
  if (report.passedOver.length > 0) {
    const { length } = report.passedOver;
    const some = [...report.passedOver.slice(0, MANY), ...(length > MANY ? [`${length - MANY} more`] : [])];
    rows.push(['ignored', `Python’s ${some.join(', ')}: named in the file, not run`]);
  }
  if (report.missing.length > 0)
    rows.push(
      ['', 'the first shortcut has no projection there: it became the identity, exact in evaluation,'],
      ['', 'while in further training its batch norm takes the statistics of the batch'],
    );
  report.assumed.forEach(({ taken, otherwise }, i) => {
    rows.push([i === 0 ? 'assumed' : '', `${taken}; else ${otherwise}`]);
  });
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}`).join('\n');
}
