import type { StepDefinition } from '../definition.ts';
import { DT, type GraphNode } from '../graph/graph-def.ts';
import { tf } from '../load.ts';
import type { Precision } from '../machine.ts';
import { bf16Islands } from '../passes/bf16.ts';
import { foldConstants } from '../passes/constants.ts';
import { fuseMomentum } from '../passes/momentum.ts';
import { sizeOf, type TensorSpec, type Tensors } from '../tensors.ts';
import { lower, type Signature } from './lower.ts';
import { type Recording, record, TraceError } from './recorder.ts';

const CODE_NAME: Record<number, 'float32' | 'int32'> = { [DT.float32]: 'float32', [DT.int32]: 'int32' };

/** A traced function as a graph, with the names and types that the session needs. */
export interface Traced {
  nodes: GraphNode[];
  state: Record<string, TensorSpec>;
  inputs: Record<string, TensorSpec>;
  outputs: Record<string, TensorSpec>;
}

interface Pass {
  recording: Recording;
  signature: Signature;
}

/** Runs the function once on zeros; open dimensions are `open` long. */
function runOnce({ state, inputs, step }: StepDefinition, open: number): Pass {
  const concrete = (specs: Record<string, TensorSpec>): Tensors =>
    Object.fromEntries(
      Object.entries(specs).map(([name, { shape, dtype }]) => [
        name,
        tf.zeros(
          shape.map((n) => n ?? open),
          dtype,
        ),
      ]),
    );
  const [stateTensors, inputTensors] = [concrete(state), concrete(inputs)];
  const prefixed = (prefix: string, tensors: Tensors) =>
    Object.entries(tensors).map(([name, t]) => [`${prefix}${name}`, t] as const);
  const all = Object.fromEntries([...prefixed('state ', stateTensors), ...prefixed('input ', inputTensors)]);
  const { result, recording } = record(
    all,
    () =>
      tf.tidy(() => {
        const { state: changed = {}, outputs } = step(stateTensors, inputTensors);
        // tf.tidy keeps only tensors that it can find in what is returned.
        return { changed, outputs } as unknown as Tensors;
      }) as unknown as { changed: Tensors; outputs: Tensors },
  );

  const specOf = ([name, { shape, dtype }]: [string, TensorSpec], prefix: string) => ({
    name: prefix + name,
    dtype: DT[dtype],
    shape: shape.map((n) => n ?? -1),
  });
  const resultOf = (name: string, tensor: Tensors[string]) => ({
    name,
    ref: recording.refOf(tensor),
    dtype: DT[tensor.dtype as 'float32' | 'int32'],
  });
  for (const [name, tensor] of Object.entries(result.changed)) {
    const spec = state[name];
    if (!spec) throw new TraceError(`unknown state: ${name}. declared: ${Object.keys(state).join(', ')}`);
    if (String(spec.shape) !== String(tensor.shape))
      throw new TraceError(`state changes its shape: ${name} [${spec.shape}] to [${tensor.shape}]`);
  }
  return {
    recording,
    signature: {
      inputs: Object.entries(inputs).map((entry) => specOf(entry, 'input ')),
      state: Object.entries(state).map((entry) => specOf(entry, 'state ')),
      outputs: Object.entries(result.outputs).map(([name, tensor]) => resultOf(name, tensor)),
      updates: Object.entries(result.changed).map(([name, tensor]) => resultOf(`state ${name}`, tensor)),
    },
  };
}

/**
 * What a graph would freeze differs between two runs: a counter, a clock, a random number, or (with open dimensions, run
 * at two sizes) a constant that depends on the batch size.
 */
function assertSame(first: Recording, second: Recording, open: boolean): void {
  const reason = open
    ? 'the batch size, or a changing value of the program'
    : 'a changing value of the program (counter, clock, random number)';
  if (first.nodes.length !== second.nodes.length) throw new TraceError(`the traced function depends on ${reason}`);
  first.nodes.forEach((node, i) => {
    const other = second.nodes[i]!;
    const same =
      node.kind === 'const' && other.kind === 'const'
        ? Buffer.from(node.raw).equals(other.raw)
        : node.kind !== 'op' ||
          (other.kind === 'op' && node.op === other.op && JSON.stringify(node.attrs) === JSON.stringify(other.attrs));
    if (same) return;
    const user = first.nodes.find((n) => n.kind === 'op' && n.inputs.some((input) => input.node === i));
    const where = node.kind === 'op' ? node.op : user?.kind === 'op' ? `a constant of ${user.op}` : 'a constant';
    throw new TraceError(`frozen value in a traced function: ${where} depends on ${reason}. pass it as an input`);
  });
}

/** Traces a definition and rewrites the recording: dead code, constants, momentum, and bf16 where `precision` says so. */
export function trace(definition: StepDefinition, precision: Precision): Traced {
  const open = Object.values(definition.inputs).some(({ shape }) => shape.includes(null));
  const first = runOnce(definition, 2);
  if (open && first.signature.updates.length > 0)
    throw new TraceError('an open dimension needs a function that updates no state');
  assertSame(first.recording, runOnce(definition, open ? 3 : 2).recording, open);

  let nodes = fuseMomentum(foldConstants(lower(first.recording, first.signature)));
  if (precision === 'bf16') nodes = bf16Islands(nodes);
  const outputs = Object.fromEntries(
    first.signature.outputs.map(({ name, ref, dtype }): [string, TensorSpec] => {
      const { shape } = first.recording.nodes[ref.node]!.outputs[ref.port]!;
      const type = CODE_NAME[dtype];
      if (!type || sizeOf(shape) === 0)
        throw new TraceError(`unsupported output: ${name} [${shape}]. allowed: float32 and int32, not empty`);
      return [name, { shape: open ? [null, ...shape.slice(1)] : shape, dtype: type }];
    }),
  );
  return { nodes, state: definition.state, inputs: definition.inputs, outputs };
}
