import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { type DefinitionReference, loadDefinition } from './definition.ts';
import { DT, type Signature, savedModel } from './graph/graph-def.ts';
import { freezeVariables } from './passes/freeze.ts';
import type { TensorSpec, Tree } from './tensors.ts';
import { trace } from './trace/trace.ts';

/**
 * Writes a function and its state as a SavedModel with the signature `serving_default`, in float32: for Python's
 * `tf.saved_model.load(folder).signatures['serving_default']`, TensorFlow Serving, `tf.node.loadSavedModel`. Open
 * dimensions stay open.
 *
 * @example
 * ```ts
 * const encoder = { module: definitions, export: 'encode', args: { network, inputShape: [32, 32, 3] } };
 * await exportSavedModel(encoder, loadSafetensors('encoder.safetensors').tree, 'saved_model');
 * ```
 * @param state a value for each of the definition's state entries; others are left out
 * @throws UserError where one is missing or has another shape, or the function updates its state
 */
export async function exportSavedModel(reference: DefinitionReference, state: Tree, folder: string): Promise<void> {
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
  const signature: Signature = { inputs: tensors('in', traced.inputs), outputs: tensors('out', traced.outputs) };
  // Loaders expect the folder, though there are no variables to put there.
  mkdirSync(join(folder, 'variables'), { recursive: true });
  const bytes = savedModel(freezeVariables(traced.nodes, values), { serving_default: signature });
  writeFileAtomic(join(folder, 'saved_model.pb'), bytes);
}

function tensors(prefix: string, specs: Record<string, TensorSpec>): Signature['inputs'] {
  const entries = Object.entries(specs).map(([name, { shape, dtype }], i) => {
    const info = { node: `${prefix}_${i}:0`, dtype: DT[dtype], shape: shape.map((n) => n ?? -1) };
    return [name, info] as const;
  });
  return Object.fromEntries(entries);
}
