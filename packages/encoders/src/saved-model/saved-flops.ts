import type { WireMessage } from '../wire.ts';
import { nodeName } from './read-saved-model.ts';

/** Products whose operations the shapes of outputs do not tell: of tokens and heads, or of another compiler. */
const UNKNOWN = /^(BatchMatMul|Einsum|Conv3D|Xla)/;

/** Kernels are [height, width, in, out] or [in, out]: products of an output by the kernel's shape. */
const PRODUCTS: Record<string, (kernel: number[]) => number> = {
  Conv2D: ([h, w, from]) => h! * w! * from!,
  DepthwiseConv2dNative: ([h, w]) => h! * w!,
  MatMul: ([from]) => from!,
};

/**
 * Floating-point operations of convolutions and products for one image, a multiply-add counting two, by the shapes that
 * TensorFlow writes beside nodes (`_output_shapes`). Null where they are left out or open, or where there are products that
 * these do not tell.
 *
 * @param nodes by function and name
 */
export function savedFlops(nodes: ReadonlyMap<string, WireMessage>): number | null {
  let flops = 0;
  for (const [key, node] of nodes) {
    const [name, op] = [node.text(1), node.text(2)];
    // A dense layer of several places an image is a product of rows: how many are an image's, it does not say.
    if (UNKNOWN.test(op) || (op === 'MatMul' && name.includes('Tensordot'))) return null;
    const products = PRODUCTS[op];
    if (!products) continue;
    const body = key.slice(0, -name.length);
    const kernel = shapeOf(nodes.get(body + nodeName(node.texts(3)[1] ?? '')));
    const output = shapeOf(node)?.slice(1);
    if (!kernel || !output || [...kernel, ...output].some((size) => !(size > 0))) return null;
    if (node.map(5).get('transpose_b')?.int(5)) kernel.reverse();
    flops += 2 * output.reduce((product, size) => product * size, products(kernel));
  }
  return flops;
}

/** Of a node's first output; of a constant its own. −1 where a dimension is open. */
function shapeOf(node: WireMessage | undefined): number[] | undefined {
  const attributes = node?.map(5);
  const shape =
    attributes?.get('_output_shapes')?.message(1).messages(7)[0] ?? attributes?.get('value')?.message(8).message(2);
  return shape?.messages(2).map((dim) => {
    const size = dim.int(1) ?? 0;
    return Number.isSafeInteger(size) ? size : -1;
  });
}
