import { type Attr, constNode, DT, type GraphNode } from '../graph/graph-def.ts';
import { type TensorFlow, tf } from '../load.ts';
import { rawOp } from '../ops/raw.ts';
import { type NativeAttr, native } from '../trace/binding.ts';
import { removeUnused } from './unused.ts';

type ConstTensor = Extract<Attr, { kind: 'tensor' }>;

/** The value of a `Const` node. */
export function constantOf(node: GraphNode): ConstTensor | undefined {
  const value = node.op === 'Const' ? node.attrs.value : undefined;
  return value?.kind === 'tensor' ? value : undefined;
}

/** Computes once, by TensorFlow, what depends on constants alone. Ops of several outputs, and results, stay as they are. */
export function evaluateConstants(nodes: readonly GraphNode[]): GraphNode[] {
  const constants = new Map<string, ConstTensor>();
  const evaluated = nodes.map((node) => {
    const inputs = node.inputs.map((input) => constants.get(input));
    const fixed = inputs.length > 0 && node.outputs.length === 1 && inputs.every((input) => input !== undefined);
    const result = fixed && !/^out_\d+$/.test(node.name) ? evaluate(node, inputs as ConstTensor[]) : node;
    const value = constantOf(result);
    if (value) constants.set(node.name, value);
    return result;
  });
  return removeUnused(evaluated);
}

function evaluate({ name, op, attrs }: GraphNode, inputs: readonly ConstTensor[]): GraphNode {
  const attributes = Object.entries(attrs).map(([key, attr]) => nativeAttr(key, attr));
  const results: GraphNode[] = [];
  tf.tidy(() => {
    const tensor = rawOp(op, attributes, inputs.map(tensorOf), 1)[0]!;
    const { buffer, byteOffset, byteLength } = tensor.dataSync();
    const raw = new Uint8Array(buffer, byteOffset, byteLength);
    results.push(constNode(name, DT[tensor.dtype as 'float32' | 'int32' | 'bool'], tensor.shape, raw));
  });
  return results[0]!;
}

function tensorOf({ dtype, shape, raw }: ConstTensor): TensorFlow.Tensor {
  // A copy is aligned.
  const { buffer } = Uint8Array.from(raw);
  if (dtype === DT.float32) return tf.tensor(new Float32Array(buffer), [...shape], 'float32');
  if (dtype === DT.int32) return tf.tensor(new Int32Array(buffer), [...shape], 'int32');
  return tf.tensor(new Uint8Array(buffer), [...shape], 'bool');
}

function nativeAttr(name: string, attr: Attr): NativeAttr {
  const types: Record<string, number> = {
    string: native.TF_ATTR_STRING,
    int: native.TF_ATTR_INT,
    ints: native.TF_ATTR_INT,
    float: native.TF_ATTR_FLOAT,
    floats: native.TF_ATTR_FLOAT,
    bool: native.TF_ATTR_BOOL,
    type: native.TF_ATTR_TYPE,
    shape: native.TF_ATTR_SHAPE,
  };
  const type = types[attr.kind];
  if (type === undefined || attr.kind === 'tensor') throw new Error(`unknown attribute kind: ${attr.kind} of ${name}`);
  return { name, type, value: attr.value };
}
