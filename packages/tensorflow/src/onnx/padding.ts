import { type GraphNode, parseInput } from '../graph/graph-def.ts';
import { constantOf } from '../passes/evaluate-constants.ts';
import { removeUnused } from '../passes/unused.ts';

const WINDOWED = ['AvgPool', 'Conv2D', 'MaxPool'];

/** Values of an attribute of integers. */
export function integers({ name, attrs }: GraphNode, key: string): readonly number[] {
  const attr = attrs[key];
  if (attr?.kind !== 'ints') throw new Error(`no integers: ${key} of ${name}`);
  return attr.value;
}

/** Values of an attribute [1, y, x, 1], for the two axes of an image. */
export const spatial = (node: GraphNode, key: string): readonly number[] => integers(node, key).slice(1, 3);

/**
 * Convolutions and pools with their padding in numbers: the attribute `pads` [top, left, bottom, right] in place of
 * SAME and VALID. Padding with zeros before a VALID convolution or mean goes into it; a mean then counts the zeros, which
 * its attribute `countPads` says (SAME does not count them).
 */
export function resolvePadding(nodes: readonly GraphNode[]): GraphNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const resolved = nodes.map((node) => {
    if (!WINDOWED.includes(node.op)) return node;
    const source = byName.get(parseInput(node.inputs[0]!).name)!;
    const same = node.attrs.padding?.kind === 'string' && node.attrs.padding.value === 'SAME';
    const zeros = same || node.op === 'MaxPool' ? undefined : zeroPadding(source, byName);
    const pads = zeros ?? (same ? samePadding(node, source, byName) : [0, 0, 0, 0]);
    const attrs: GraphNode['attrs'] = {
      ...node.attrs,
      pads: { kind: 'ints', value: pads },
      countPads: { kind: 'bool', value: zeros !== undefined },
    };
    return { ...node, attrs, inputs: zeros ? [source.inputs[0]!, ...node.inputs.slice(1)] : node.inputs };
  });
  return removeUnused(resolved);
}

/** Pads of TensorFlow's SAME: as few as ⌈size / stride⌉ results need, the odd one at the end. */
function samePadding(node: GraphNode, source: GraphNode, byName: ReadonlyMap<string, GraphNode>): number[] {
  const { shape } = source.outputs[parseInput(node.inputs[0]!).port]!;
  const conv = node.op === 'Conv2D';
  const window = conv ? byName.get(node.inputs[1]!)!.outputs[0]!.shape.slice(0, 2) : spatial(node, 'ksize');
  const strides = spatial(node, 'strides');
  const dilations = conv ? spatial(node, 'dilations') : [1, 1];
  const totals = shape.slice(1, 3).map((size, i) => {
    const reach = (window[i]! - 1) * dilations[i]! + 1;
    return Math.max((Math.ceil(size / strides[i]!) - 1) * strides[i]! + reach - size, 0);
  });
  const before = totals.map((total) => Math.floor(total / 2));
  return [...before, ...totals.map((total, i) => total - before[i]!)];
}

/** Pads of a node that puts zeros around images. */
function zeroPadding(node: GraphNode, byName: ReadonlyMap<string, GraphNode>): number[] | undefined {
  if (node.op !== 'Pad' && node.op !== 'PadV2') return undefined;
  const [amounts, filler] = node.inputs.slice(1).map((input) => constantOf(byName.get(parseInput(input).name)!));
  if (!amounts || (node.op === 'PadV2' && filler?.raw.some((byte) => byte !== 0) !== false)) return undefined;
  const [n0, n1, top, bottom, left, right, c0, c1] = new Int32Array(Uint8Array.from(amounts.raw).buffer);
  const around = [n0, n1, c0, c1].every((amount) => amount === 0);
  return around ? [top!, left!, bottom!, right!] : undefined;
}
