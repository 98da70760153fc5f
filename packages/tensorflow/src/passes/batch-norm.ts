import { DT, type GraphNode, parseInput, typeAttr } from '../graph/graph-def.ts';

/**
 * Batch norm with given statistics, `conv(x, w)·s + b` with a number a channel, becomes `conv(x, w·s) + b`: what is as large as
 * the images' maps is passed over once less, and TensorFlow has one kernel for convolution, bias and ReLU. Where another
 * node needs the convolution's own output, as its gradient may, all stays as it is.
 */
export function foldBatchNorm(nodes: readonly GraphNode[]): GraphNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const uses = new Map<string, number>();
  for (const { inputs } of nodes)
    for (const input of inputs) {
      const { name } = parseInput(input);
      uses.set(name, (uses.get(name) ?? 0) + 1);
    }
  /** The convolution that a node of two inputs works on alone, and what is given for each of its channels. */
  const onConvolution = (node: GraphNode, op: string): { conv: GraphNode; other: string } | undefined => {
    if (node.outputs[0]?.dtype !== DT.float32) return undefined;
    for (const [first, other] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
      const conv = byName.get(first);
      if (conv?.op !== op || uses.get(first) !== 1) continue;
      const { name, port } = parseInput(other);
      const shape = byName.get(name)?.outputs[port]?.shape ?? [];
      if (shape.length === 1 && shape[0] === conv.outputs[0]!.shape.at(-1)) return { conv, other };
    }
    return undefined;
  };

  const gone = new Set<GraphNode>();
  const scaled = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    const found = node.op === 'Mul' ? onConvolution(node, 'Conv2D') : undefined;
    if (!found) continue;
    const { conv, other } = found;
    const [x, kernel] = conv.inputs as [string, string];
    const { name, port } = parseInput(kernel);
    const folded: GraphNode = {
      name: `${conv.name}/folded`,
      op: 'Mul',
      inputs: [kernel, other],
      attrs: { T: typeAttr(DT.float32) },
      outputs: [byName.get(name)!.outputs[port]!],
    };
    gone.add(conv);
    // In the product's place and under its name: scale and images are both there by then.
    scaled.set(node.name, [folded, { ...conv, name: node.name, inputs: [x, folded.name] }]);
  }
  const result = nodes.flatMap((node) => (gone.has(node) ? [] : (scaled.get(node.name) ?? [node])));
  for (const node of result) byName.set(node.name, node);
  return result.map((node) => {
    const found = node.op === 'Add' || node.op === 'AddV2' ? onConvolution(node, 'Conv2D') : undefined;
    if (!found) return node;
    const attrs: GraphNode['attrs'] = { T: typeAttr(DT.float32), data_format: { kind: 'string', value: 'NHWC' } };
    return { ...node, op: 'BiasAdd', inputs: [found.conv.name, found.other], attrs };
  });
}
