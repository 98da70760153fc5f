import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';
import type { DefinitionReference } from './definition.ts';
import { freeze } from './frozen.ts';
import { DT, type Signature, savedModel } from './graph/graph-def.ts';
import type { TensorSpec, Tree } from './tensors.ts';

/**
 * Writes a function and its state as a SavedModel with the signature `serving_default`, in float32: for Python's
 * `tf.saved_model.load(folder).signatures['serving_default']`, TensorFlow Serving, `tf.node.loadSavedModel`. Open
 * dimensions stay open.
 *
 * @example
 * ```ts
 * const encoder = { module: definitions, export: 'encode', args: { network, inputShape: [32, 32, 3] } };
 * await exportSavedModel(encoder, loadSafetensors('encoder.safetensors').tensors, 'saved_model');
 * ```
 * @param state a value for each of the definition's state entries; others are left out
 * @throws UserError where one is missing or has another shape, or the function updates its state
 */
export async function exportSavedModel(reference: DefinitionReference, state: Tree, folder: string): Promise<void> {
  const { nodes, inputs, outputs } = await freeze(reference, state);
  const signature: Signature = { inputs: tensors('in', inputs), outputs: tensors('out', outputs) };
  // Loaders expect the folder, though there are no variables to put there.
  mkdirSync(join(folder, 'variables'), { recursive: true });
  writeFileAtomic(join(folder, 'saved_model.pb'), savedModel(nodes, { serving_default: signature }));
}

function tensors(prefix: string, specs: Record<string, TensorSpec>): Signature['inputs'] {
  const entries = Object.entries(specs).map(([name, { shape, dtype }], i) => {
    const info = { node: `${prefix}_${i}:0`, dtype: DT[dtype], shape: shape.map((n) => n ?? -1) };
    return [name, info] as const;
  });
  return Object.fromEntries(entries);
}
