import { addressed, type Random } from '@simclr/stage';
import { FLOAT, type OnnxModel, type OnnxTensor } from './read-model.ts';

/** Which inputs of an operator are weights, by what becomes of them. */
const KERNELS: Record<string, number> = { Conv: 1, ConvTranspose: 1, Gemm: 1, MatMul: 1 };
const BIASES: Record<string, number> = { Conv: 2, ConvTranspose: 2, Gemm: 2 };
/** Inputs of a batch norm: scale, bias, mean, variance. */
const IDENTITY = [1, 0, 0, 1];

/**
 * The model with nothing trained: kernels drawn anew, normal with variance 2 / fan-in (He et al. 2015), biases 0, batch norms
 * the identity. What is not among these stays: weights of other operators.
 *
 * @returns the file's bytes; undefined where the model has no such kernel in its file
 */
export function redrawn(model: OnnxModel, seed: number): Uint8Array | undefined {
  const { nodes, initializers } = model;
  // A copy, into which the tensors of the model's own bytes are written at the same places.
  const bytes = Uint8Array.from(model.bytes);
  const tensors = new Map(initializers.map((tensor) => [tensor.name, tensor]));
  for (const node of nodes) {
    const value = node.op === 'Constant' ? node.tensor('value') : undefined;
    if (value) tensors.set(node.outputs[0]!, value);
  }
  const valuesOf = (name: string | undefined): { tensor: OnnxTensor; view: DataView } | undefined => {
    const tensor = tensors.get(name ?? '');
    if (tensor?.element !== FLOAT || !tensor.raw) return undefined;
    const at = tensor.raw.byteOffset - model.bytes.byteOffset;
    return { tensor, view: new DataView(bytes.buffer, at, tensor.raw.length) };
  };
  const random = addressed(seed);
  const drawn = new Set<string>();
  for (const { op, inputs, int } of nodes) {
    const kernel = valuesOf(inputs[KERNELS[op] ?? -1]);
    if (kernel && !drawn.has(kernel.tensor.name || inputs[1]!)) {
      drawn.add(kernel.tensor.name || inputs[1]!);
      draw(kernel.view, random, Math.sqrt(2 / fanIn(op, kernel.tensor.shape, int('transB') === 1)));
    }
    const bias = valuesOf(inputs[BIASES[op] ?? -1]);
    if (bias) fill(bias.view, 0);
    if (op === 'BatchNormalization')
      IDENTITY.forEach((value, i) => {
        const moments = valuesOf(inputs[i + 1]);
        if (moments) fill(moments.view, value);
      });
  }
  return drawn.size > 0 ? bytes : undefined;
}

/** Inputs of one output: of kernels [out, in / groups, h, w], of matrices [in, out], or [out, in] where they are transposed. */
function fanIn(op: string, shape: readonly number[], transposed: boolean): number {
  if (op === 'MatMul' || (op === 'Gemm' && !transposed)) return shape.at(-2) ?? 1;
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

function fill(view: DataView, value: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) view.setFloat32(at, value, true);
}

/** Normal numbers, by the polar form of Box and Muller. */
function draw(view: DataView, random: Random, deviation: number): void {
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    view.setFloat32(at, deviation * radius * Math.cos(2 * Math.PI * random.next()), true);
  }
}
