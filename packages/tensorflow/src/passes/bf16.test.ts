import { expect, it } from 'vitest';
import { DT, type GraphNode, typeAttr } from '../graph/graph-def.ts';
import { bf16Islands } from './bf16.ts';

const node = (name: string, op: string, inputs: string[], ports = 1): GraphNode => ({
  name,
  op,
  inputs,
  attrs: { T: typeAttr(DT.float32) },
  outputs: Array.from({ length: ports }, () => ({ dtype: DT.float32, shape: [2] })),
});

const summary = (nodes: GraphNode[]) =>
  nodes.map(({ name, op, inputs, attrs }) => {
    const type = attrs.T?.kind === 'type' && attrs.T.value === DT.bfloat16 ? ' bf16' : '';
    return `${name} = ${op}(${inputs.join(', ')})${type}`;
  });

it('starts at convolutions, runs through batch norm and relu, and ends before the mean', () => {
  const nodes = [
    node('x', 'Placeholder', []),
    node('k', 'ReadVariableOp', []),
    node('g', 'ReadVariableOp', []),
    node('conv', 'Conv2D', ['x', 'k']),
    node('norm', 'FusedBatchNormV3', ['conv', 'g', 'g'], 6),
    node('relu', 'Relu', ['norm']),
    node('conv2', 'Conv2D', ['relu', 'k']),
    node('mean', 'Mean', ['conv2', 'g']),
    node('statistic', 'Mul', ['norm:1', 'g']),
  ];
  expect(summary(bf16Islands(nodes))).toEqual([
    'x = Placeholder()',
    'k = ReadVariableOp()',
    'g = ReadVariableOp()',
    'x/bf16 = Cast(x)',
    'k/bf16 = Cast(k)',
    'conv = Conv2D(x/bf16, k/bf16) bf16',
    'norm = FusedBatchNormV3(conv, g, g) bf16',
    'relu = Relu(norm) bf16',
    'conv2 = Conv2D(relu, k/bf16) bf16',
    'conv2/f32 = Cast(conv2)',
    'mean = Mean(conv2/f32, g)',
    'statistic = Mul(norm:1, g)',
  ]);
});

it('leaves alone what is not beside a convolution, and integers', () => {
  const whole: GraphNode = { ...node('i', 'Placeholder', []), outputs: [{ dtype: DT.int32, shape: [2] }] };
  const nodes = [node('x', 'Placeholder', []), node('relu', 'Relu', ['x']), whole, node('pad', 'Pad', ['i', 'i'])];
  expect(bf16Islands(nodes)).toEqual(nodes);
});

it('adds in bf16 only where both sides are', () => {
  const nodes = [
    node('x', 'Placeholder', []),
    node('a', 'Conv2D', ['x', 'x']),
    node('both', 'AddV2', ['a', 'a']),
    node('one', 'AddV2', ['a', 'x']),
  ];
  expect(summary(bf16Islands(nodes)).slice(2)).toEqual([
    'a = Conv2D(x/bf16, x/bf16) bf16',
    'both = AddV2(a, a) bf16',
    'a/f32 = Cast(a)',
    'one = AddV2(a/f32, x)',
  ]);
});
