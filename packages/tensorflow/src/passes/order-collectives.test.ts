import { expect, it } from 'vitest';
import { DT, type GraphNode } from '../graph/graph-def.ts';
import { orderCollectives } from './order-collectives.ts';

const node = (name: string, op: string, ...inputs: string[]): GraphNode => ({
  name,
  op,
  inputs,
  attrs: {},
  outputs: [{ dtype: DT.float32, shape: [2] }],
});
const calls = (nodes: GraphNode[]) =>
  Object.fromEntries(nodes.filter(({ op }) => op.startsWith('Collective')).map(({ name, inputs }) => [name, inputs]));

it('puts a call where its input is computed, not where it was recorded', () => {
  // The gradient is ready before the second layer's statistics are; its bucket was made after all of them.
  const nodes = [
    node('x', 'Placeholder'),
    node('first', 'CollectiveAllReduceSum', 'x'),
    node('gradient', 'Mul', 'first', 'x'),
    node('dy', 'MatMul', 'first', 'x'),
    node('second', 'CollectiveAllReduceSum', 'dy'),
    node('last', 'MatMul', 'second', 'x'),
    node('flat', 'Reshape', 'gradient'),
    node('bucket', 'ConcatV2', 'flat', 'flat'),
    node('early', 'CollectiveAllReduceSum', 'bucket'),
    node('late', 'CollectiveAllGatherRows', 'last'),
  ];
  expect(calls(orderCollectives(nodes))).toEqual({
    first: ['x'],
    early: ['bucket', '^first'],
    second: ['dy', '^early'],
    late: ['last', '^second'],
  });
});

it('leaves a graph without calls as it is', () => {
  const nodes = [node('x', 'Placeholder'), node('y', 'Mul', 'x', 'x')];
  expect(orderCollectives(nodes)).toEqual(nodes);
});
