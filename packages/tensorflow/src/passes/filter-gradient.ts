import { type Attr, constNode, DT, type GraphNode, parseInput, typeAttr, type ValueType } from '../graph/graph-def.ts';

/** Output positions of an image up to which, and channels in × out from which, the products are faster. */
const LIMIT = { positions: 64, channels: 8192 };

/**
 * The kernel gradient of a bf16 convolution on small maps as k² matrix products, Xᵢⱼᵀ·dY for each tap (i, j). On a CPU
 * with `avx512_bf16` oneDNN's own kernel reaches 290 to 440 GFLOP/s on maps of 4×4 and 8×8, its products 1,000 (64
 * images, AMD Zen 5, 2 cores): a step of ResNet-18 takes a seventh less. In fp32 and on large maps the kernel is the
 * faster, and with `amx_bf16` it is another one.
 *
 * Takes stride 1 with SAME, and VALID where the stride divides the size; 1×1 convolutions stay.
 */
export function filterGradientProducts(nodes: readonly GraphNode[]): GraphNode[] {
  const types = new Map(nodes.map((node) => [node.name, node.outputs]));
  const typeOf = (input: string): ValueType | undefined => {
    const { name, port } = parseInput(input);
    return types.get(name)?.[port];
  };
  return nodes.flatMap((node) => {
    if (node.op !== 'Conv2DBackpropFilter' || node.outputs[0]?.dtype !== DT.bfloat16) return [node];
    const [image, , gradient] = node.inputs as [string, string, string];
    return products(node, image, typeOf(image)!.shape, gradient, typeOf(gradient)!.shape) ?? [node];
  });
}

const T = typeAttr(DT.bfloat16);
const int32 = (name: string, shape: number[], values: number[]) =>
  constNode(name, DT.int32, shape, new Uint8Array(Int32Array.from(values).buffer));

function products(
  node: GraphNode,
  image: string,
  [n, h, w, c]: readonly number[],
  gradient: string,
  [, oh, ow, f]: readonly number[],
): GraphNode[] | undefined {
  const [kh, kw] = node.outputs[0]!.shape as [number, number];
  const strides = node.attrs.strides;
  const stride = strides?.kind === 'ints' ? strides.value[1]! : 0;
  const same = node.attrs.padding?.kind === 'string' && node.attrs.padding.value === 'SAME';
  const small = oh! * ow! <= LIMIT.positions && c! * f! >= LIMIT.channels;
  const regular = same ? stride === 1 : h! % stride === 0 && w! % stride === 0;
  if (!small || !regular || kh * kw === 1) return undefined;

  const result: GraphNode[] = [];
  const name = (suffix: string) => `${node.name}/${suffix}`;
  const add = (suffix: string, op: string, inputs: string[], shape: number[], attrs: Record<string, Attr> = {}) => {
    const outputs = [{ dtype: DT.bfloat16, shape }];
    result.push({ name: suffix ? name(suffix) : node.name, op, inputs, attrs: { T, ...attrs }, outputs });
    return suffix ? name(suffix) : node.name;
  };
  const ints = (suffix: string, values: number[], shape = [values.length]) => {
    result.push(int32(name(suffix), shape, values));
    return name(suffix);
  };
  const reshape = (suffix: string, input: string, shape: number[]) =>
    add(suffix, 'Reshape', [input, ints(`${suffix || 'kernel'}/shape`, shape)], shape, { Tshape: typeAttr(DT.int32) });

  let [source, height, width] = [image, h!, w!];
  if (same) {
    const [top, left] = [(kh - 1) >> 1, (kw - 1) >> 1];
    [height, width] = [h! + kh - 1, w! + kw - 1];
    const amounts = ints('paddings', [0, 0, top, kh - 1 - top, left, kw - 1 - left, 0, 0], [4, 2]);
    source = add('padded', 'Pad', [source, amounts], [n!, height, width, c!], { Tpaddings: typeAttr(DT.int32) });
  }
  // Rows and columns by their phase: a tap of a strided convolution is then one contiguous slice.
  const phases = [n!, height / stride, stride, width / stride, stride * c!];
  source = reshape('phases', source, phases);
  const rows = n! * oh! * ow!;
  const dy = reshape('gradient', gradient, [rows, f!]);
  const size = ints('size', [n!, oh!, 1, ow!, c!]);
  const taps: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const tap = `tap${i}${j}`;
      const begin = ints(`${tap}/begin`, [
        0,
        Math.floor(i / stride),
        i % stride,
        Math.floor(j / stride),
        (j % stride) * c!,
      ]);
      const slice = add(tap, 'Slice', [source, begin, size], [n!, oh!, 1, ow!, c!], { Index: typeAttr(DT.int32) });
      const x = reshape(`${tap}/rows`, slice, [rows, c!]);
      const flags: Record<string, Attr> = {
        transpose_a: { kind: 'bool', value: true },
        transpose_b: { kind: 'bool', value: false },
      };
      taps.push(add(`${tap}/product`, 'MatMul', [x, dy], [c!, f!], flags));
    }
  }
  const pack: Record<string, Attr> = { N: { kind: 'int', value: taps.length }, axis: { kind: 'int', value: 0 } };
  const packed = add('packed', 'Pack', taps, [taps.length, c!, f!], pack);
  reshape('', packed, [kh, kw, c!, f!]);
  return result;
}
