import { expect, it } from 'vitest';
import { constNode, DT, type GraphNode } from '../graph/graph-def.ts';
import { foldConstants } from './constants.ts';

const floats = (name: string, values: number[], shape = [values.length]) =>
  constNode(name, DT.float32, shape, new Uint8Array(Float32Array.from(values).buffer));
const use = (...inputs: string[]): GraphNode => ({ name: 'use', op: 'AddN', inputs, attrs: {}, outputs: [] });

it('makes equal constants one, where type and shape are equal too', () => {
  const nodes = [
    floats('a', [1, 2]),
    floats('b', [1, 2]),
    floats('c', [1, 2], [2, 1]),
    constNode('d', DT.int32, [2], new Uint8Array(Float32Array.of(1, 2).buffer)),
    use('a', 'b', 'c', 'd', '^b'),
  ];
  const folded = foldConstants(nodes);
  expect(folded.map((node) => node.name)).toEqual(['a', 'c', 'd', 'use']);
  expect(folded.at(-1)!.inputs).toEqual(['a', 'a', 'c', 'd', '^a']);
});

it('turns large constants of equal elements into Fill, and leaves all others', () => {
  const zeros = floats('zeros', new Array(100).fill(0), [10, 10]);
  const almost = floats('almost', [...new Array(99).fill(3), 4]);
  const small = floats('small', [5, 5, 5]);
  const bools = constNode('bools', DT.bool, [300], new Uint8Array(300).fill(1));
  const folded = foldConstants([zeros, almost, small, bools]);
  expect(folded.map(({ name, op }) => `${name} ${op}`)).toEqual([
    'zeros/dims Const',
    'zeros/value Const',
    'zeros Fill',
    'almost Const',
    'small Const',
    'bools/dims Const',
    'bools/value Const',
    'bools Fill',
  ]);
  const value = folded[0]!.attrs.value;
  expect(value?.kind === 'tensor' && [...value.raw]).toEqual([10, 0, 0, 0, 10, 0, 0, 0]);
  expect(folded[2]!.outputs).toEqual([{ dtype: DT.float32, shape: [10, 10] }]);
});
