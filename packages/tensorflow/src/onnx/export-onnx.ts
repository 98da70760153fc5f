import { UserError, writeFileAtomic } from '@simclr/stage';
import type { DefinitionReference } from '../definition.ts';
import { type Frozen, freeze } from '../frozen.ts';
import { evaluateConstants } from '../passes/evaluate-constants.ts';
import type { Tree } from '../tensors.ts';
import { Conversion } from './conversion.ts';
import { CONVERTERS } from './converters.ts';
import { TO_NCHW, TO_NHWC } from './layout.ts';
import { ELEMENT, type OnnxGraph, type OnnxValue, onnxModel } from './model.ts';
import { resolvePadding } from './padding.ts';

/**
 * Writes a function and its state as an ONNX model (operators of version 17, IR version 8) in float32: for
 * `onnxruntime.InferenceSession(file)` and its kin. Inputs and outputs keep their names, shapes and layout: images go in
 * as [n, h, w, c], and one transpose at the start makes them [n, c, h, w], in which all the rest works. An open first
 * dimension stays open, named `n`. What depends on constants alone is computed now.
 *
 * @example
 * ```ts
 * const encoder = { module: definitions, export: 'encode', args: { network, inputShape: [32, 32, 3] } };
 * await exportOnnx(encoder, loadSafetensors('encoder.safetensors').tensors, 'encoder.onnx');
 * ```
 * @param state a value for each of the definition's state entries; others are left out
 * @param metadata what the model says of itself (`metadata_props`)
 * @throws UserError where one is missing or has another shape, the function updates its state or uses an op that is not
 * among those that networks for inference need, or the weights take 2 GiB, the format's limit
 */
export async function exportOnnx(
  reference: DefinitionReference,
  state: Tree,
  file: string,
  metadata: Record<string, string> = {},
): Promise<void> {
  writeFileAtomic(file, onnxModel({ ...toOnnx(await freeze(reference, state)), metadata }));
}

/** The ONNX graph of a function without variables. */
export function toOnnx({ nodes, inputs, outputs }: Frozen): OnnxGraph {
  const prepared = resolvePadding(evaluateConstants(nodes));
  const names = { in: Object.keys(inputs), out: Object.keys(outputs) };
  const graph = new Conversion(prepared, names.in);
  for (const node of prepared) {
    const [, end = '', i = ''] = /^(in|out)_(\d+)$/.exec(node.name) ?? [];
    if (end === 'in') {
      const name = names.in[Number(i)]!;
      const images = node.outputs[0]!.shape.length === 4;
      graph.name(node.name, images ? graph.insert('Transpose', name, node.name, { perm: TO_NCHW }) : name);
    } else if (end === 'out') {
      const name = names.out[Number(i)]!;
      if (graph.rank(node, 0) === 4) graph.insert('Transpose', graph.value(node, 0), name, { perm: TO_NHWC });
      else graph.insert('Identity', graph.value(node, 0), name);
    } else if (node.op !== 'Const') {
      const convert = CONVERTERS[node.op];
      if (!convert) {
        throw new UserError(
          `unsupported op for onnx: ${node.op} (${node.name}). allowed: ${Object.keys(CONVERTERS).join(', ')}`,
        );
      }
      convert(graph, node);
    }
  }
  if (graph.bytes >= 2 ** 31) {
    throw new UserError(`too large for onnx: ${graph.bytes} bytes of weights. allowed: less than ${2 ** 31}`);
  }
  return {
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: values(inputs, 'n'),
    outputs: values(outputs, null),
  };
}

/** @param open what stands for an open dimension: an output's may be another than the input's */
function values(specs: Frozen['inputs'], open: OnnxValue['shape'][0]): OnnxValue[] {
  return Object.entries(specs).map(([name, { shape, dtype }]) => ({
    name,
    element: ELEMENT[dtype],
    shape: shape.map((size) => size ?? open),
  }));
}
