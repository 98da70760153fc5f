import { expect, it } from 'vitest';
import { parse } from '../testdata/parse-protobuf.ts';
import { onnxModel } from './model.ts';

// Fields by the numbers of onnx.proto.
const field = (bytes: Buffer, ...path: number[]): (bigint | Buffer)[] => {
  const [number, ...rest] = path;
  const values = parse(bytes).flatMap(([at, value]) => (at === number ? [value] : []));
  return rest.length === 0 ? values : values.flatMap((value) => field(value as Buffer, ...rest));
};
const text = (value: bigint | Buffer) => String(value);

it('writes a model in the fields of onnx.proto', () => {
  const bytes = onnxModel({
    nodes: [{ op: 'Split', inputs: ['x', 'sizes'], outputs: ['y', 'z'], attrs: { axis: 1, pads: [0, 2] } }],
    initializers: [
      { name: 'w', shape: [2, 1], data: Float32Array.of(1, -1) },
      { name: 'sizes', shape: [1], data: BigInt64Array.of(-1n) },
    ],
    inputs: [{ name: 'x', element: 1, shape: ['n', 3] }],
    outputs: [{ name: 'y', element: 1, shape: [null, 1] }],
    metadata: { preprocessing: '{"crop":1}' },
  });
  expect(field(bytes, 1)).toEqual([8n]);
  expect(field(bytes, 8, 2)).toEqual([17n]);
  expect([1, 2].map((number) => text(field(bytes, 14, number)[0]!))).toEqual(['preprocessing', '{"crop":1}']);
  const [graph] = field(bytes, 7) as [Buffer];

  const [node] = field(graph, 1) as [Buffer];
  expect([1, 2, 4].map((number) => field(node, number).map(text))).toEqual([['x', 'sizes'], ['y', 'z'], ['Split']]);
  const [axis, pads] = field(node, 5) as [Buffer, Buffer];
  expect([text(field(axis, 1)[0]!), field(axis, 3), field(axis, 20)]).toEqual(['axis', [1n], [2n]]);
  expect([text(field(pads, 1)[0]!), field(pads, 8), field(pads, 20)]).toEqual(['pads', [0n, 2n], [7n]]);

  const [w, sizes] = field(graph, 5) as [Buffer, Buffer];
  expect([field(w, 1), field(w, 2), text(field(w, 8)[0]!)]).toEqual([[2n, 1n], [1n], 'w']);
  expect((field(w, 9)[0] as Buffer).toString('hex')).toBe('0000803f000080bf');
  expect([field(sizes, 2), (field(sizes, 9)[0] as Buffer).toString('hex')]).toEqual([[7n], 'ffffffffffffffff']);

  const dims = (value: number) => field(graph, value, 2, 1, 2, 1) as Buffer[];
  expect(field(graph, 11, 1).map(text)).toEqual(['x']);
  expect(field(graph, 11, 2, 1, 1)).toEqual([1n]);
  expect(dims(11).map((dim) => [field(dim, 1), field(dim, 2).map(text)])).toEqual([
    [[], ['n']],
    [[3n], []],
  ]);
  expect(dims(12).map((dim) => field(dim, 1))).toEqual([[], [1n]]);
});
