import { type Attr, DT, type ValueType } from '../graph/graph-def.ts';
import { collectiveShape, isCollective } from '../ops/collective-shape.ts';
import { sizeOf } from '../tensors.ts';
import { backend, type NativeAttr, type NativeBinding, type NativeTensor, native } from './binding.ts';
import { OPS } from './op-table.ts';
import { TraceError } from './trace-error.ts';

/** An output of a recorded node. */
export interface Ref {
  node: number;
  port: number;
}

/** `origin` knows the line of user code. */
export type RecordedNode =
  | { kind: 'input'; name: string; outputs: [ValueType]; origin?: undefined }
  | { kind: 'const'; raw: Uint8Array; outputs: [ValueType]; origin: Error }
  | { kind: 'op'; op: string; attrs: Record<string, Attr>; inputs: Ref[]; outputs: ValueType[]; origin: Error };

/** A call of the add-on and what it made. */
interface Call {
  op: string;
  made: readonly ValueType[];
}

/** The operations of a traced function, in order. */
export interface Recording {
  nodes: RecordedNode[];
  calls: Call[];
  /** Where a tensor of the traced function comes from. */
  refOf(tensor: unknown): Ref;
}

/** A difference between two runs of the same function. */
export const CHANGING = 'a changing value of the program (counter, clock, random number)';

const RANDOM =
  /\b(randomUniform|randomNormal|randomUniformInt|randomStandardNormal|truncatedNormal|randomGamma|rand|multinomial|dropout)_ /;

function attrOf({ name, type, value }: NativeAttr, op: string): Attr {
  const list = Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value as ArrayLike<number>) : undefined;
  switch (type) {
    case native.TF_ATTR_STRING:
      return { kind: 'string', value: String(value) };
    case native.TF_ATTR_INT:
      return list ? { kind: 'ints', value: list } : { kind: 'int', value: Math.trunc(Number(value)) };
    case native.TF_ATTR_FLOAT:
      return list ? { kind: 'floats', value: list } : { kind: 'float', value: Number(value) };
    case native.TF_ATTR_BOOL:
      return { kind: 'bool', value: Boolean(value) };
    case native.TF_ATTR_TYPE:
      return { kind: 'type', value: Number(value) };
    case native.TF_ATTR_SHAPE:
      return { kind: 'shape', value: list ?? [] };
    default:
      throw new TraceError(`unknown attribute type: ${type} of ${op}.${name}`);
  }
}

/**
 * Runs `trace` eagerly and records every native op below autodiff and optimizers. Constants made inside are recorded
 * with their values; inputs are declared by name. Throws TraceError for what a graph would silently freeze: random
 * numbers, values read from inputs or from what depends on them, tensors computed outside.
 *
 * @param replay a recording of the same function with the same shapes: what depends on an input is then not computed
 * again, since nobody may read it
 */
export function record<T>(
  inputs: Record<string, unknown>,
  trace: () => T,
  replay?: readonly Call[],
): { result: T; recording: Recording } {
  const nodes: RecordedNode[] = [];
  const calls: Call[] = [];
  const source = new Map<number, Ref & { symbolic: boolean }>();
  const idOf = (tensor: unknown) => backend.getInputTensorIds([tensor])[0]!;

  const typeOf = (id: number) => {
    const { node, port } = source.get(id)!;
    return nodes[node]!.outputs[port]!;
  };
  const add = (node: RecordedNode, ids: number[], symbolic: boolean) => {
    nodes.push(node);
    ids.forEach((id, port) => void source.set(id, { node: nodes.length - 1, port, symbolic }));
  };
  for (const [name, tensor] of Object.entries(inputs)) {
    const { shape, dtype } = tensor as { shape: number[]; dtype: 'float32' | 'int32' };
    add({ kind: 'input', name, outputs: [{ dtype: DT[dtype], shape }] }, [idOf(tensor)], true);
  }

  const onOp = (op: string, attrs: NativeAttr[], ids: number[], made: NativeTensor[]) => {
    const rule = OPS[op];
    if (!rule) throw new TraceError(`unsupported op in a traced function: ${op}`);
    const sources = ids.map((id) => {
      const from = source.get(id);
      if (!from)
        throw new TraceError(
          `captured tensor: an input of ${op} was computed outside the traced function. pass it as an input or state`,
        );
      return from;
    });
    const types = sources.map((ref) => nodes[ref.node]!.outputs[ref.port]!.dtype);
    const symbolic = sources.some((from) => from.symbolic);
    const outputs = made.map(({ dtype, shape }) => ({ dtype, shape: [...shape] }));
    const first = sources[0];
    // A reshape to the same shape is no op, and its constant shape would fix the batch size.
    if (first && (op === 'Reshape' || op === 'Identity')) {
      const from = nodes[first.node]!.outputs[first.port]!;
      if (String(from.shape) === String(outputs[0]!.shape)) {
        source.set(made[0]!.id, { ...first, symbolic });
        return;
      }
    }
    const named = Object.fromEntries(attrs.map((attr) => [attr.name, attrOf(attr, op)]));
    const refs = sources.map(({ node, port }) => ({ node, port }));
    add(
      { kind: 'op', op, attrs: { ...rule.infer?.(types), ...named }, inputs: refs, outputs, origin: new Error() },
      made.map(({ id }) => id),
      symbolic,
    );
  };

  // The add-on's own properties are read-only: the spy is a copy with three functions replaced.
  const spy: NativeBinding = {
    ...copyOf(native),
    executeOp(op: string, attrs: NativeAttr[], ids: number[], n: number) {
      const known = replay?.[calls.length];
      if (replay && known?.op !== op) {
        throw new TraceError(`frozen value in a traced function: whether ${op} runs depends on ${CHANGING}`);
      }
      const made =
        known && ids.some((id) => source.get(id)?.symbolic)
          ? known.made.map(notComputed)
          : isCollective(op)
            ? [zeros(collectiveShape(op, typeOf(ids[0]!).shape, Number(attrs[0]!.value)))]
            : native.executeOp(op, attrs, ids, n);
      calls.push({ op, made: made.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })) });
      onOp(op, attrs, ids, made);
      return made;
    },
    deleteTensor(id: number) {
      if (id >= 0) native.deleteTensor(id);
    },
    createTensor(shape: number[], dtype: number, values: ArrayBufferView) {
      const id = native.createTensor(shape, dtype, values);
      const raw = Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      add({ kind: 'const', raw, outputs: [{ dtype, shape: [...shape] }], origin: new Error() }, [id], false);
      return id;
    },
    tensorDataSync(id: number) {
      if (source.get(id)?.symbolic)
        throw new TraceError('value read in a traced function (dataSync, arraySync): it would be frozen');
      return native.tensorDataSync(id);
    },
  };

  // tf.randomUniform and its kin draw in JavaScript: only the stack tells their values from other constants.
  const write = backend.write;
  backend.write = (...args) => {
    const random = RANDOM.exec(new Error().stack ?? '');
    if (random) throw new TraceError(`random numbers in a traced function: tf.${random[1]}. pass them as an input`);
    return write.apply(backend, args);
  };
  const stackTraceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  backend.binding = spy;
  try {
    const result = trace();
    const refOf = (tensor: unknown): Ref => {
      const ref = source.get(idOf(tensor));
      if (!ref) throw new TraceError('captured tensor: a result was computed outside the traced function');
      return { node: ref.node, port: ref.port };
    };
    // Results that are bare constants (tf.scalar(0)) reach the add-on only when asked for: keep the spy until then.
    return { result, recording: { nodes, calls, refOf: (tensor) => withBinding(spy, () => refOf(tensor)) } };
  } finally {
    backend.binding = native;
    backend.write = write;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const zeros = (shape: number[]): NativeTensor => {
  const id = native.createTensor(shape, DT.float32, new Float32Array(sizeOf(shape)));
  return { id, shape, dtype: DT.float32 };
};

let lastNotComputed = 0;

/** A handle without a tensor behind it: the add-on's own are not negative. */
const notComputed = ({ dtype, shape }: ValueType): NativeTensor => ({
  id: --lastNotComputed,
  dtype,
  shape: [...shape],
});

/** The add-on's properties are not enumerable, so that a spread misses them. */
function copyOf(binding: NativeBinding): NativeBinding {
  const names = Object.getOwnPropertyNames(binding) as (keyof NativeBinding)[];
  return Object.fromEntries(names.map((name) => [name, binding[name]])) as unknown as NativeBinding;
}

function withBinding<T>(binding: NativeBinding, run: () => T): T {
  backend.binding = binding;
  try {
    return run();
  } finally {
    backend.binding = native;
  }
}
