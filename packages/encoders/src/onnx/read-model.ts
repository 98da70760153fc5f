import { dirname, join } from 'node:path';
import { UserError } from '@simclr/stage';
import { readWire, type WireMessage } from '../wire.ts';

/** TensorProto.DataType of 32-bit floats. */
export const FLOAT = 1;

/** An input or output; null for an open dimension. */
export interface OnnxValue {
  name: string;
  element: number;
  /** Undefined where the file does not say it. */
  shape: (number | null)[] | undefined;
}

export interface OnnxNode {
  name: string;
  op: string;
  inputs: string[];
  outputs: string[];
  /** An attribute's integer. */
  int(name: string): number | undefined;
  /** An attribute's tensor. */
  tensor(name: string): OnnxTensor | undefined;
}

/** A constant of the graph. */
export interface OnnxTensor {
  name: string;
  shape: number[];
  element: number;
  /** Its values where they are in the file, little-endian: a view, writing to which writes to the model's bytes. */
  raw: Uint8Array | undefined;
  /** Its only value, of a scalar of bool or an integer. */
  scalar: number | undefined;
}

/** An ONNX model as far as an encoder needs it. */
export interface OnnxModel {
  /** The whole file. */
  bytes: Uint8Array;
  opset: number;
  metadata: Map<string, string>;
  /** Those that are fed: without constants. */
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  /** Files beside it that hold values. */
  external: string[];
}

/** @throws UserError where the file is no ONNX model, is damaged, or lacks a file of weights beside it */
export function readOnnxModel(path: string): OnnxModel {
  return readWire(path, 'ONNX model', (model, bytes) => {
    const graph = model.message(7);
    const opset = model
      .messages(8)
      .find((set) => ['', 'ai.onnx'].includes(set.text(1)))
      ?.int(2);
    const tensors = graph.messages(5);
    const initializers = tensors.map(tensorOf);
    const constants = new Set(initializers.map(({ name }) => name));
    const outputs = graph.messages(12).map(onnxValue);
    if (opset === undefined || outputs.length === 0) throw new RangeError('no model');
    return {
      bytes,
      opset,
      metadata: new Map(model.messages(14).map((entry) => [entry.text(1), entry.text(2)])),
      inputs: graph
        .messages(11)
        .map(onnxValue)
        .filter(({ name }) => !constants.has(name)),
      outputs,
      nodes: graph.messages(1).map(nodeOf),
      initializers,
      external: [...new Set(tensors.flatMap((tensor) => locationOf(tensor, path)))],
    };
  });
}

function onnxValue(value: WireMessage): OnnxValue {
  const tensor = value.message(2).message(1);
  const [shape] = tensor.messages(2);
  return {
    name: value.text(1),
    element: tensor.int(1) ?? 0,
    shape: shape?.messages(1).map((dim) => (dim.int(1) ? dim.int(1)! : null)),
  };
}

function nodeOf(node: WireMessage): OnnxNode {
  const attributes = new Map(node.messages(5).map((attribute) => [attribute.text(1), attribute]));
  return {
    name: node.text(3),
    op: node.text(4),
    inputs: node.texts(1),
    outputs: node.texts(2),
    int: (name) => attributes.get(name)?.int(3),
    tensor(name) {
      const tensor = attributes.get(name)?.messages(5).at(-1);
      return tensor && tensorOf(tensor);
    },
  };
}

function tensorOf(tensor: WireMessage): OnnxTensor {
  const element = tensor.int(2) ?? 0;
  // Floats are packed where they are not raw: in either case little-endian, one after another.
  const raw = tensor.bytes(9) ?? (element === FLOAT ? tensor.bytes(4) : undefined);
  return {
    name: tensor.text(8),
    shape: tensor.ints(1).length ? tensor.ints(1) : packedDims(tensor),
    element,
    raw,
    scalar: raw?.length ? raw[0] : (tensor.int(5) ?? tensor.bytes(5)?.[0]),
  };
}

/** Dimensions as newer writers have them, one after another in bytes. */
function packedDims(tensor: WireMessage): number[] {
  const bytes = tensor.bytes(1) ?? new Uint8Array(0);
  const dims: number[] = [];
  let [value, shift] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 127) * shift;
    shift *= 128;
    if (byte < 128) {
      dims.push(value);
      [value, shift] = [0, 1];
    }
  }
  return dims;
}

/** The file beside the model that holds a tensor's values. */
function locationOf(tensor: WireMessage, path: string): string[] {
  const location = tensor
    .messages(13)
    .find((entry) => entry.text(1) === 'location')
    ?.text(2);
  if (location === undefined) return [];
  const folder = dirname(path);
  if (!join(folder, location).startsWith(join(folder, '/')))
    throw new UserError(
      `outside its folder: ${location}, which ${path} names as its weights. export it into one folder`,
    );
  return [location];
}
