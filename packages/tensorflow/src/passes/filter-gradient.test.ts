import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressed, randomNormal } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import type { Target } from '../machine.ts';
import { openSession } from '../session.ts';
import { float32, sizeOf } from '../tensors.ts';
import { convGradients } from '../testdata/definitions.ts';
import { trace } from '../trace/trace.ts';
import { writeGraph } from '../trace/write-graph.ts';

const folder = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const normal = (shape: readonly (number | null)[], seed: number) => {
  const random = addressed(seed);
  return Float32Array.from({ length: sizeOf(shape as number[]) }, () => randomNormal(random));
};

function gradients(args: { size: number; same: boolean }, target: Target) {
  const traced = trace(convGradients(args), target);
  const count = traced.nodes.filter(({ op }) => op === 'MatMul').length;
  const path = join(folder, JSON.stringify([args, target]));
  writeGraph(path, traced, { precision: target.precision, openInputs: [], info: { nodes: 0, traceSeconds: 0 } });
  const session = openSession(path);
  session.write({ kernel: float32([3, 3, 64, 128], normal([3, 3, 64, 128], 1)) });
  const { x, weights } = traced.inputs;
  const { dk } = session.run({ x: normal(x!.shape, 2), weights: normal(weights!.shape, 3) });
  session.dispose();
  return { count, dk: dk!.data };
}

const relative = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
};

describe('filterGradientProducts', () => {
  it.each([
    { size: 8, same: true },
    { size: 4, same: true },
    { size: 16, same: false },
    { size: 8, same: false },
  ])('gives the gradient of the convolution: %j', (args) => {
    const exact = gradients(args, { precision: 'fp32', filterProducts: false });
    const plain = gradients(args, { precision: 'bf16', filterProducts: false });
    const products = gradients(args, { precision: 'bf16', filterProducts: true });
    expect([exact.count, plain.count, products.count]).toEqual([0, 0, 9]);
    // bf16 keeps 8 bits: inputs and result are each off by up to 0.4 %, which the sum averages.
    expect(relative(products.dk, exact.dk)).toBeLessThan(0.005);
    expect(relative(products.dk, exact.dk)).toBeLessThan(1.05 * relative(plain.dk, exact.dk));
  });

  it('leaves large maps to the convolution', () => {
    expect(gradients({ size: 16, same: true }, { precision: 'bf16', filterProducts: true }).count).toBe(0);
  });
});
