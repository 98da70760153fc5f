import { ProtoWriter } from './protobuf.ts';

/** Codes of tensorflow/core/framework/types.proto. */
export const DT = { float32: 1, int32: 3, uint8: 4, string: 7, bool: 10, bfloat16: 14, resource: 20 } as const;

/** An attribute of a node. */
export type Attr =
  | { kind: 'string'; value: string }
  | { kind: 'int'; value: number }
  | { kind: 'float'; value: number }
  | { kind: 'bool'; value: boolean }
  | { kind: 'type'; value: number }
  | { kind: 'shape'; value: readonly number[] }
  | { kind: 'tensor'; dtype: number; shape: readonly number[]; raw: Uint8Array }
  | { kind: 'ints'; value: readonly number[] }
  | { kind: 'floats'; value: readonly number[] }
  | { kind: 'types'; value: readonly number[] }
  | { kind: 'shapes'; value: readonly (readonly number[])[] };

/** Type code and shape of a value; -1, or the size at the time of the trace, where a dimension is open. */
export interface ValueType {
  dtype: number;
  shape: readonly number[];
}

/**
 * A node of a TensorFlow graph. `inputs` are `node`, `node:port`, or `^node` for order alone; inputs come before control
 * inputs. Lists of nodes are in topological order.
 */
export interface GraphNode {
  name: string;
  op: string;
  inputs: string[];
  attrs: Record<string, Attr>;
  outputs: ValueType[];
}

/** Name and port of an input such as `node:1`. */
export function parseInput(input: string): { name: string; port: number } {
  const [name = '', port = '0'] = input.replace(/^\^/, '').split(':');
  return { name, port: Number(port) };
}

export const typeAttr = (value: number): Attr => ({ kind: 'type', value });

/** A constant of little-endian bytes. */
export function constNode(name: string, dtype: number, shape: readonly number[], raw: Uint8Array): GraphNode {
  const attrs: GraphNode['attrs'] = { dtype: typeAttr(dtype), value: { kind: 'tensor', dtype, shape, raw } };
  return { name, op: 'Const', inputs: [], attrs, outputs: [{ dtype, shape }] };
}

function shapeProto(dims: readonly number[]): ProtoWriter {
  const shape = new ProtoWriter();
  for (const dim of dims) shape.message(2, new ProtoWriter().int(1, dim));
  return shape;
}

function attrProto(attr: Attr): ProtoWriter {
  const value = new ProtoWriter();
  switch (attr.kind) {
    case 'string':
      return value.bytes(2, attr.value);
    case 'int':
      return value.int(3, attr.value);
    case 'float':
      return value.float(4, attr.value);
    case 'bool':
      return value.int(5, attr.value ? 1 : 0);
    case 'type':
      return value.int(6, attr.value);
    case 'shape':
      return value.message(7, shapeProto(attr.value));
    case 'tensor':
      return value.message(
        8,
        new ProtoWriter().int(1, attr.dtype).message(2, shapeProto(attr.shape)).bytes(4, attr.raw),
      );
    case 'shapes': {
      const list = new ProtoWriter();
      for (const shape of attr.value) list.message(7, shapeProto(shape));
      return value.message(1, list);
    }
    default: {
      const list = new ProtoWriter();
      for (const item of attr.value) {
        if (attr.kind === 'floats') list.float(4, item);
        else list.int(attr.kind === 'ints' ? 3 : 6, item);
      }
      return value.message(1, list);
    }
  }
}

function nodeProto({ name, op, inputs, attrs }: GraphNode): ProtoWriter {
  const node = new ProtoWriter().bytes(1, name).bytes(2, op);
  for (const input of inputs) node.bytes(3, input);
  for (const [key, attr] of Object.entries(attrs)) node.entry(5, key, attrProto(attr));
  return node;
}

/** A tensor of a signature: `node:port`, type code, shape (-1: any). */
export interface SignatureTensor {
  node: string;
  dtype: number;
  shape: readonly number[];
}

export interface Signature {
  inputs: Record<string, SignatureTensor>;
  outputs: Record<string, SignatureTensor>;
}

function signatureProto({ inputs, outputs }: Signature): ProtoWriter {
  const signature = new ProtoWriter();
  const info = ({ node, dtype, shape }: SignatureTensor) =>
    new ProtoWriter().bytes(1, node).int(2, dtype).message(3, shapeProto(shape));
  for (const [key, tensor] of Object.entries(inputs)) signature.entry(1, key, info(tensor));
  for (const [key, tensor] of Object.entries(outputs)) signature.entry(2, key, info(tensor));
  return signature.bytes(3, 'tensorflow/serving/predict');
}

/** The bytes of `saved_model.pb`, tagged `serve`. A producer version of 1882 is TensorFlow 2.16's: old enough for every library here. */
export function savedModel(nodes: readonly GraphNode[], signatures: Record<string, Signature> = {}): Buffer {
  const graph = new ProtoWriter();
  for (const node of nodes) graph.message(1, nodeProto(node));
  graph.message(4, new ProtoWriter().int(1, 1882).int(2, 12));
  const meta = new ProtoWriter().message(1, new ProtoWriter().bytes(4, 'serve')).message(2, graph);
  for (const [key, signature] of Object.entries(signatures)) meta.entry(5, key, signatureProto(signature));
  return new ProtoWriter().int(1, 1).message(2, meta).finish();
}
