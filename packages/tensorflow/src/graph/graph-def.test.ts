import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { constNode, DT, type GraphNode, parseInput, savedModel, typeAttr } from './graph-def.ts';

interface Attribute {
  getType(): number;
  getI(): number;
  getF(): number;
  getB(): boolean;
  getS_asU8(): Uint8Array;
  getTensor(): { getTensorContent_asU8(): Uint8Array; getDtype(): number };
  getList(): { getIList(): number[]; getFList(): number[]; getTypeList(): number[] };
}
interface Message {
  getMetaGraphsList(): {
    getMetaInfoDef(): { getTagsList(): string[] };
    getGraphDef(): { getNodeList(): { getName(): string; getOp(): string; getInputList(): string[] }[] };
    getSignatureDefMap(): { get(key: string): { getMethodName(): string; getInputsMap(): Map<string, unknown> } };
  }[];
}
interface NodeMessage {
  getAttrMap(): { get(key: string): Attribute; getLength(): number };
}

// tfjs-node carries TensorFlow's own schema for reading, which makes an independent reader.
const require = createRequire(import.meta.url);
const { SavedModel } = require('@tensorflow/tfjs-node/dist/proto/api_pb.js') as {
  SavedModel: { deserializeBinary(bytes: Uint8Array): Message };
};

it('writes a SavedModel that the reader of tfjs-node understands', () => {
  const raw = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
  const node: GraphNode = {
    name: 'node',
    op: 'Op',
    inputs: ['constant', 'other:1', '^order'],
    outputs: [{ dtype: DT.float32, shape: [3] }],
    attrs: {
      T: typeAttr(DT.bfloat16),
      text: { kind: 'string', value: 'SAME' },
      whole: { kind: 'int', value: -3 },
      real: { kind: 'float', value: 0.5 },
      flag: { kind: 'bool', value: true },
      ints: { kind: 'ints', value: [1, 2, 2, 1] },
      floats: { kind: 'floats', value: [0.25] },
      types: { kind: 'types', value: [1, 3] },
    },
  };
  const info = { node: 'node:0', dtype: DT.float32, shape: [-1, 3] };
  const bytes = savedModel([constNode('constant', DT.float32, [3], raw), node], {
    serving_default: { inputs: { x: info }, outputs: { y: info } },
  });

  const [graph] = SavedModel.deserializeBinary(bytes).getMetaGraphsList();
  expect(graph!.getMetaInfoDef().getTagsList()).toEqual(['serve']);
  const nodes = graph!.getGraphDef().getNodeList();
  expect(nodes.map((n) => [n.getName(), n.getOp(), n.getInputList()])).toEqual([
    ['constant', 'Const', []],
    ['node', 'Op', ['constant', 'other:1', '^order']],
  ]);
  const [constant, op] = nodes.map((n) => (n as unknown as NodeMessage).getAttrMap());
  expect(constant!.get('value').getTensor().getTensorContent_asU8()).toEqual(raw);
  expect(op!.get('T').getType()).toBe(DT.bfloat16);
  expect(Buffer.from(op!.get('text').getS_asU8()).toString()).toBe('SAME');
  expect(op!.get('whole').getI()).toBe(-3);
  expect(op!.get('real').getF()).toBe(0.5);
  expect(op!.get('flag').getB()).toBe(true);
  expect(op!.get('ints').getList().getIList()).toEqual([1, 2, 2, 1]);
  expect(op!.get('floats').getList().getFList()).toEqual([0.25]);
  expect(op!.get('types').getList().getTypeList()).toEqual([1, 3]);
  expect(graph!.getSignatureDefMap().get('serving_default').getMethodName()).toBe('tensorflow/serving/predict');
});

it('parseInput splits names, ports, and marks of order', () => {
  expect(parseInput('a')).toEqual({ name: 'a', port: 0 });
  expect(parseInput('a/b:2')).toEqual({ name: 'a/b', port: 2 });
  expect(parseInput('^a/b')).toEqual({ name: 'a/b', port: 0 });
});
