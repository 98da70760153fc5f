import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GraphEncoderInfo } from '@simclr/artifacts';
import { openOnnxSession } from './onnx-session.ts';

/** An operator's run in the profile that onnxruntime writes: each tensor's type and shape. */
interface Run {
  args?: { op_name?: string; input_type_shape?: Shapes; output_type_shape?: Shapes };
}
type Shapes = Record<string, number[]>[];

const productOf = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

/** Multiply-adds of an operator, of its inputs' and outputs' shapes. */
const PRODUCTS: Record<string, (inputs: number[][], outputs: number[][]) => number> = {
  Conv: ([, kernel], [out]) => productOf(out!) * productOf(kernel!.slice(1)),
  ConvTranspose: ([from, kernel]) => productOf(from!) * productOf(kernel!.slice(1)),
  MatMul: ([a], [out]) => productOf(out!) * a!.at(-1)!,
  // [m, n] of [m, k], in whatever order: √(|a| |b| |out|) is m k n.
  Gemm: ([a, b], [out]) => Math.sqrt(productOf(a!) * productOf(b!) * productOf(out!)),
};

/**
 * Floating-point operations of convolutions and products for one image, by the shapes that they have when the graph runs: a
 * multiply-add counts two.
 */
export async function countFlops(path: string, info: Omit<GraphEncoderInfo, 'flops'>): Promise<number> {
  const { inputShape, preprocessing, input, output } = info;
  const [height, width, channels] = inputShape;
  const batch = input.batch ?? 1;
  const image = preprocessing.layout === 'NCHW' ? [channels, height, width] : inputShape;
  const folder = mkdtempSync(join(tmpdir(), 'flops-'));
  try {
    const { session, run } = await openOnnxSession(path, { input: input.name, output: output.name }, path, {
      graphOptimizationLevel: 'disabled',
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
    });
    await run(new Float32Array(batch * productOf(image)), [batch, ...image]);
    session.endProfiling();
    await session.release();
    const runs = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')) as Run[];
    const shapesOf = (tensors: Shapes = []) => tensors.map((tensor) => Object.values(tensor)[0] ?? []);
    const products = runs.map(({ args }) => {
      const count = PRODUCTS[args?.op_name ?? ''];
      return count ? count(shapesOf(args?.input_type_shape), shapesOf(args?.output_type_shape)) : 0;
    });
    return Math.round((2 * products.reduce((sum, count) => sum + count, 0)) / batch);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
