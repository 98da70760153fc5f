import type { GraphEncoderInfo } from '@simclr/artifacts';
import { evaluationPolicy } from '@simclr/views/preprocessing';
import type { PlannedGraph } from './plan-graph.ts';

/** A graph that is an encoder's, in its folder. */
export interface ImportedGraph {
  planned: PlannedGraph;
  info: GraphEncoderInfo;
  /** Names in the folder. */
  files: string[];
}

/** Values that classifiers of ImageNet give, with the background and without. */
const CLASSES = new Set([1000, 1001]);

/** What the import of a graph gave, a line each: two columns for the terminal. */
export function graphTable({ planned, info }: ImportedGraph): string {
  const { preprocessing: how, input, output, inputShape, featureDim, parameters, flops, format } = info;
  const [h, w, c] = inputShape;
  const n = input.batch ?? 'n';
  const shape = how.layout === 'NCHW' ? [n, c, h, w] : [n, ...inputShape];
  const same = new Set(how.mean).size === 1 && new Set(how.std).size === 1;
  const numbers = (values: readonly number[]) => (same ? values.slice(0, 1) : values).join(' ');
  const rows: [string, string][] = [
    ['format', format === 'onnx' ? 'ONNX, by onnxruntime' : 'SavedModel, by TensorFlow'],
    ['images', `${input.name} [${shape.join(', ')}], ${how.channels}, ${how.layout}`],
    ['shown', evaluationPolicy(how)],
    ['values', `in ${how.range.join('..')}, less mean ${numbers(how.mean)}, by deviation ${numbers(how.std)}`],
    ['said by', planned.by],
    ['features', `${output.name} [n, ${featureDim}]${output.pool.length ? ', averaged over height and width' : ''}`],
    ['numbers', parameters.toLocaleString('en-US')],
    ['FLOPs', flops === null ? 'not known' : `${(flops / 1e9).toPrecision(3)} G an image, a multiply-add counting two`],
  ];
  if (CLASSES.has(featureDim))
    rows.push([
      'note',
      `${featureDim} values are as many as ImageNet's classes: if they are logits, export it without its head`,
    ]);
  return rows.map(([name, value]) => `${name.padEnd(9)}${value}`).join('\n');
}
