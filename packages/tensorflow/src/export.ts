import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';
import type { DefinitionReference } from './definition.ts';
import { freeze } from './frozen.ts';
import { DT, type GraphNode, parseInput, type Signature, savedModel } from './graph/graph-def.ts';
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
  writeFileAtomic(join(folder, 'saved_model.pb'), savedModel(withShapes(nodes), { serving_default: signature }));
}

const PRODUCTS = new Set(['Conv2D', 'DepthwiseConv2dNative', 'MatMul']);

/**
 * Products and their kernels with the shapes that they give, as TensorFlow itself writes them: operations are counted by
 * these. Only of a product the batch is open; the traced shapes of other nodes may have a size where it is.
 */
function withShapes(nodes: readonly GraphNode[]): GraphNode[] {
  const products = nodes.filter(({ op }) => PRODUCTS.has(op));
  const kernels = new Set(products.map(({ inputs }) => parseInput(inputs[1]!).name));
  return nodes.map((node) => {
    const isProduct = PRODUCTS.has(node.op);
    if (!isProduct && !kernels.has(node.name)) return node;
    const value = node.outputs.map(({ shape }) => (isProduct ? [-1, ...shape.slice(1)] : shape));
    return { ...node, attrs: { ...node.attrs, _output_shapes: { kind: 'shapes', value } } };
  });
}

function tensors(prefix: string, specs: Record<string, TensorSpec>): Signature['inputs'] {
  const entries = Object.entries(specs).map(([name, { shape, dtype }], i) => {
    const info = { node: `${prefix}_${i}:0`, dtype: DT[dtype], shape: shape.map((n) => n ?? -1) };
    return [name, info] as const;
  });
  return Object.fromEntries(entries);
}
