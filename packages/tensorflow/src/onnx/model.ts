import { ProtoWriter } from '../graph/protobuf.ts';

/** Element types of onnx.proto's TensorProto.DataType. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** An integer or integers. */
export type OnnxAttr = number | readonly number[];

/** A node of an ONNX graph: values by name; lists of nodes are in topological order. */
export interface OnnxNode {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attrs: Record<string, OnnxAttr>;
}

/** A constant of the graph. */
export interface Initializer {
  name: string;
  shape: readonly number[];
  /** Bytes are of bool. */
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/** An input or output of the model; the name of an open dimension, or null for one without a name. */
export interface OnnxValue {
  name: string;
  element: number;
  shape: readonly (number | string | null)[];
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  initializers: Initializer[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  /** `metadata_props` of the model: what it says of itself, for `session.get_modelmeta()`. */
  metadata?: Record<string, string>;
}

/** Codes of AttributeProto.AttributeType. */
const ATTRIBUTE = { int: 2, ints: 7 };

function attributeProto(name: string, value: OnnxAttr): ProtoWriter {
  const attribute = new ProtoWriter().bytes(1, name);
  if (typeof value === 'number') return attribute.int(3, value).int(20, ATTRIBUTE.int);
  for (const item of value) attribute.int(8, item);
  return attribute.int(20, ATTRIBUTE.ints);
}

function nodeProto({ op, inputs, outputs, attrs }: OnnxNode): ProtoWriter {
  const node = new ProtoWriter();
  for (const input of inputs) node.bytes(1, input);
  for (const output of outputs) node.bytes(2, output);
  node.bytes(3, outputs[0]!).bytes(4, op);
  for (const [name, value] of Object.entries(attrs)) node.message(5, attributeProto(name, value));
  return node;
}

function elementOf(data: Initializer['data']): number {
  if (data instanceof Float32Array) return ELEMENT.float32;
  if (data instanceof Int32Array) return ELEMENT.int32;
  return data instanceof Uint8Array ? ELEMENT.bool : ELEMENT.int64;
}

function tensorProto({ name, shape, data }: Initializer): ProtoWriter {
  const tensor = new ProtoWriter();
  for (const size of shape) tensor.int(1, size);
  const element = elementOf(data);
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensor.int(2, element).bytes(8, name).bytes(9, raw);
}

function valueProto({ name, element, shape }: OnnxValue): ProtoWriter {
  const dims = new ProtoWriter();
  for (const size of shape) {
    const dim = new ProtoWriter();
    if (typeof size === 'number') dim.int(1, size);
    else if (size !== null) dim.bytes(2, size);
    dims.message(1, dim);
  }
  const tensor = new ProtoWriter().int(1, element).message(2, dims);
  return new ProtoWriter().bytes(1, name).message(2, new ProtoWriter().message(1, tensor));
}

/** The bytes of a model of IR version 8, operators of version 17: what onnxruntime reads since 1.12 (2022). */
export function onnxModel({ nodes, initializers, inputs, outputs, metadata = {} }: OnnxGraph): Buffer {
  const graph = new ProtoWriter();
  for (const node of nodes) graph.message(1, nodeProto(node));
  graph.bytes(2, 'simclr');
  for (const initializer of initializers) graph.message(5, tensorProto(initializer));
  for (const input of inputs) graph.message(11, valueProto(input));
  for (const output of outputs) graph.message(12, valueProto(output));
  const operators = new ProtoWriter().bytes(1, '').int(2, 17);
  const model = new ProtoWriter().int(1, 8).bytes(2, 'simclr').message(7, graph).message(8, operators);
  for (const [key, value] of Object.entries(metadata))
    model.message(14, new ProtoWriter().bytes(1, key).bytes(2, value));
  return model.finish();
}
