import type { StepDefinition } from '../definition.ts';
import { DT, type GraphNode } from '../graph/graph-def.ts';
import { tf } from '../load.ts';
import type { Target } from '../machine.ts';
import { foldBatchNorm } from '../passes/batch-norm.ts';
import { bf16Islands } from '../passes/bf16.ts';
import { foldConstants } from '../passes/constants.ts';
import { filterGradientProducts } from '../passes/filter-gradient.ts';
import { liveNodes } from '../passes/liveness.ts';
import { fuseMomentum } from '../passes/momentum.ts';
import { orderCollectives } from '../passes/order-collectives.ts';
import { removeUnused } from '../passes/unused.ts';
import { sizeOf, type TensorSpec, type Tensors } from '../tensors.ts';
import { freeOfRun } from './compare.ts';
import { lower, type Signature } from './lower.ts';
import { type RecordedNode, type Recording, record } from './recorder.ts';
import { TraceError } from './trace-error.ts';

/** A traced function as a graph, with the names and types that the session needs. */
export interface Traced {
  nodes: GraphNode[];
  state: Record<string, TensorSpec>;
  inputs: Record<string, TensorSpec>;
  outputs: Record<string, TensorSpec>;
}

interface Run {
  nodes: RecordedNode[];
  calls: Recording['calls'];
  signature: Signature;
}

/** Traces a definition and rewrites the recording: dead code, constants, momentum, bf16 and what helps it. */
export function trace(definition: StepDefinition, { precision, filterProducts }: Target): Traced {
  const { state, inputs } = definition;
  const open = Object.values(inputs).some(({ shape }) => shape.includes(null));
  const first = runOnce(definition, 2);
  const second = open ? runOnce(definition, 3) : runOnce(definition, 2, first.calls);
  if (open && first.signature.updates.length > 0) {
    throw new TraceError('open dimension in a function that updates state. allowed: fixed shapes, or no updates');
  }
  const results = [...first.signature.outputs, ...first.signature.updates];
  const live = liveNodes(
    first.nodes,
    results.map(({ ref }) => ref),
  );
  const recorded = freeOfRun(first.nodes, second.nodes, live, open);
  let nodes = foldBatchNorm(fuseMomentum(foldConstants(lower(recorded, live, first.signature))));
  if (precision === 'bf16') nodes = bf16Islands(nodes);
  if (filterProducts) nodes = foldConstants(removeUnused(filterGradientProducts(nodes)));
  nodes = orderCollectives(nodes);

  const outputs: Record<string, TensorSpec> = {};
  first.signature.outputs.forEach(({ name, dtype, shape }, i) => {
    const other = second.signature.outputs[i]!.shape;
    outputs[name] = {
      shape: shape.map((n, axis) => (n === other[axis] ? n : null)),
      dtype: dtype === DT.int32 ? 'int32' : 'float32',
    };
  });
  return { nodes, state, inputs, outputs };
}

/** Runs the function once on zeros; open dimensions are `size` long. */
function runOnce({ state, inputs, step }: StepDefinition, size: number, replay?: Recording['calls']): Run {
  const concrete = (specs: Record<string, TensorSpec>): Tensors =>
    Object.fromEntries(
      Object.entries(specs).map(([name, { shape, dtype }]) => {
        const sizes = shape.map((n) => n ?? size);
        return [name, tf.zeros(sizes, dtype)];
      }),
    );
  const [stateTensors, inputTensors] = [concrete(state), concrete(inputs)];
  const prefixed = (prefix: string, tensors: Tensors) =>
    Object.entries(tensors).map(([name, tensor]) => [`${prefix}${name}`, tensor] as const);
  const declared = Object.fromEntries([...prefixed('state ', stateTensors), ...prefixed('input ', inputTensors)]);

  const run = () => {
    let returned: { changed: Tensors; outputs: Tensors } | undefined;
    // tf.tidy keeps what it finds in the returned containers.
    tf.tidy(() => {
      const { state: changed = {}, outputs } = step(stateTensors, inputTensors);
      returned = { changed, outputs };
      return [...Object.values(changed), ...Object.values(outputs)];
    });
    return returned!;
  };
  const { result, recording } = record(declared, run, replay);
  checkResult(result.changed, result.outputs, state);

  const specOf = (prefix: string, [name, { shape, dtype }]: [string, TensorSpec]) => ({
    name: prefix + name,
    dtype: DT[dtype],
    shape: shape.map((n) => n ?? -1),
  });
  const resultOf = (name: string, tensor: Tensors[string]) => ({
    name,
    ref: recording.refOf(tensor),
    dtype: DT[tensor.dtype as 'float32' | 'int32'],
    shape: tensor.shape,
  });
  const signature: Signature = {
    inputs: Object.entries(inputs).map((entry) => specOf('input ', entry)),
    state: Object.entries(state).map((entry) => specOf('state ', entry)),
    outputs: Object.entries(result.outputs).map(([name, tensor]) => resultOf(name, tensor)),
    updates: Object.entries(result.changed).map(([name, tensor]) => resultOf(`state ${name}`, tensor)),
  };
  return { nodes: recording.nodes, calls: recording.calls, signature };
}

function checkResult(changed: Tensors, outputs: Tensors, state: StepDefinition['state']): void {
  for (const [name, { shape, dtype }] of Object.entries(changed)) {
    const spec = state[name];
    if (!spec) throw new TraceError(`unknown state: ${name}. declared: ${Object.keys(state).join(', ')}`);
    if (String(spec.shape) !== String(shape) || spec.dtype !== dtype) {
      const expected = `${spec.dtype} [${spec.shape}]`;
      throw new TraceError(`invalid new state: ${name} is ${dtype} [${shape}]. expected ${expected}`);
    }
  }
  if (Object.keys(outputs).length === 0) throw new TraceError('no outputs: a step returns at least one');
  for (const [name, { shape, dtype }] of Object.entries(outputs)) {
    if ((dtype !== 'float32' && dtype !== 'int32') || sizeOf(shape) === 0) {
      throw new TraceError(`unsupported output: ${name} is ${dtype} [${shape}]. allowed: float32 and int32, not empty`);
    }
  }
}
