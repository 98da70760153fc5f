import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { DT, type GraphNode } from '../graph/graph-def.ts';
import { tf } from '../load.ts';
import { float32, sizeOf } from '../tensors.ts';
import { convolutionNorm, NORM } from '../testdata/definitions.ts';
import { trace } from '../trace/trace.ts';
import { foldBatchNorm } from './batch-norm.ts';

const SHAPES: Record<string, number[]> = { x: [2, 8, 8, 3], w: [3, 3, 3, 4], s: [4], b: [4], one: [], wide: [8] };
const node = (name: string, op: string, ...inputs: string[]): GraphNode => {
  const outputs = [{ dtype: DT.float32, shape: SHAPES[name] ?? [2, 8, 8, 4] }];
  return { name, op, inputs, attrs: {}, outputs };
};
const given = ['x', 'w'].map((name) => node(name, 'Placeholder'));
const conv = node('conv', 'Conv2D', 'x', 'w');
const late = ['s', 'b', 'one', 'wide'].map((name) => node(name, 'Placeholder'));
const scaled = node('scaled', 'Mul', 'conv', 's');
const shifted = node('shifted', 'AddV2', 'scaled', 'b');
const graph = (...nodes: GraphNode[]) => [...given, conv, ...late, ...nodes];
const summary = (nodes: GraphNode[]) =>
  nodes.filter(({ op }) => op !== 'Placeholder').map(({ name, op, inputs }) => `${name} = ${op}(${inputs.join(', ')})`);

describe('foldBatchNorm', () => {
  it.each([
    ['', scaled, shifted],
    [', factors and offset first', node('scaled', 'Mul', 's', 'conv'), node('shifted', 'Add', 'b', 'scaled')],
  ])('puts scale into the kernel, which is there by then, and the rest into a bias%s', (_, scale, shift) => {
    expect(summary(foldBatchNorm(graph(scale, shift)))).toEqual([
      'conv/folded = Mul(w, s)',
      'scaled = Conv2D(x, conv/folded)',
      'shifted = BiasAdd(scaled, b)',
    ]);
  });

  it.each<[string, GraphNode[]]>([
    ['an output that something else needs', [scaled, shifted, node('gradient', 'Mul', 'conv', 'shifted')]],
    ['a factor for all', [node('scaled', 'Mul', 'conv', 'one')]],
    ['as many factors as there are no channels', [node('scaled', 'Mul', 'conv', 'wide')]],
    ['a product with maps', [node('maps', 'Placeholder'), node('scaled', 'Mul', 'conv', 'maps')]],
  ])('leaves %s as it is', (_, nodes) => {
    expect(foldBatchNorm(graph(...nodes))).toEqual(graph(...nodes));
  });
});

it('computes what eager TensorFlow does', async () => {
  const definition = convolutionNorm();
  const drawn = (shape: number[], seed: number) =>
    float32(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + 3 * i) + 1.2),
    );
  const state = Object.fromEntries(Object.entries(NORM).map(([name, shape], i) => [name, drawn(shape, i)]));
  const images = drawn([2, 8, 8, 3], 9);
  const tensors = Object.fromEntries(
    Object.entries(state).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
  );
  const expected = definition.step(tensors, { images: tf.tensor(images.data, images.shape) }).outputs.out!.dataSync();

  const module = import.meta.resolve('../testdata/definitions.ts');
  const { nodes } = trace(definition, { precision: 'fp32', filterProducts: false });
  expect(nodes.filter(({ op }) => op === 'BiasAdd')).toHaveLength(1);
  const compiled = await compile({ module, export: 'convolutionNorm', args: {} }, { precision: 'fp32' });
  compiled.write(state);
  const found = compiled.run({ images: images.data }).out!.data;
  const largest = Math.max(...expected);
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value) / largest).toBeLessThan(1e-6);
  compiled.dispose();
});
