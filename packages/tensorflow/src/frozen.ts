import { UserError } from '@simclr/stage';
import { type DefinitionReference, loadDefinition } from './definition.ts';
import type { GraphNode } from './graph/graph-def.ts';
import { freezeVariables } from './passes/freeze.ts';
import type { TensorSpec, Tree } from './tensors.ts';
import { trace } from './trace/trace.ts';

/** A function with its state as constants: feeds are the nodes `in_0`, `in_1`, …, results `out_0`, `out_1`, … */
export interface Frozen {
  nodes: GraphNode[];
  inputs: Record<string, TensorSpec>;
  outputs: Record<string, TensorSpec>;
}

/**
 * Traces a function in float32 and puts its state into the graph, for the exports.
 *
 * @param state a value for each of the definition's state entries; others are left out
 * @throws UserError where one is missing or has another shape, or the function updates its state
 */
export async function freeze(reference: DefinitionReference, state: Tree): Promise<Frozen> {
  const traced = trace(await loadDefinition(reference), { precision: 'fp32', filterProducts: false });
  if (traced.nodes.some(({ name }) => /^var_\d+\/(assign|momentum)$/.test(name))) {
    throw new UserError(`cannot export ${reference.export}: it updates its state`);
  }
  const values = new Map<string, Uint8Array>();
  Object.entries(traced.state).forEach(([name, { shape, dtype }], i) => {
    const value = state[name];
    if (value?.dtype !== dtype || String(value.shape) !== String(shape)) {
      const given = value ? `${value.dtype} [${value.shape}]` : 'missing';
      throw new UserError(`invalid state: ${name} is ${given}. expected ${dtype} [${shape}]`);
    }
    const { buffer, byteOffset, byteLength } = value.data;
    values.set(`var_${i}`, new Uint8Array(buffer, byteOffset, byteLength));
  });
  return { nodes: freezeVariables(traced.nodes, values), inputs: traced.inputs, outputs: traced.outputs };
}
