import { DT, type GraphNode, parseInput, typeAttr, type ValueType } from '../graph/graph-def.ts';

interface Island {
  /** Inputs and outputs that carry the attribute T. */
  inputs: number[];
  outputs: number[];
  /** Starts an island whatever its inputs are; others follow when the inputs `when` (default: all of `inputs`) are bf16 already. */
  starts?: boolean;
  when?: number[];
}

/**
 * Where bf16 pays: convolutions, and what lies between them. Scale, offset and statistics of batch norm stay float32
 * (its kernels take them so), as do weights, optimizer and loss.
 */
const ISLANDS: Record<string, Island> = {
  Conv2D: { inputs: [0, 1], outputs: [0], starts: true },
  Conv2DBackpropInput: { inputs: [1, 2], outputs: [0], starts: true },
  Conv2DBackpropFilter: { inputs: [0, 2], outputs: [0], starts: true },
  FusedBatchNormV3: { inputs: [0], outputs: [0] },
  FusedBatchNormGradV3: { inputs: [0, 1], outputs: [0], when: [1] },
  BiasAdd: { inputs: [0, 1], outputs: [0], when: [0] },
  Relu: { inputs: [0], outputs: [0] },
  ReluGrad: { inputs: [0, 1], outputs: [0], when: [1] },
  MaxPool: { inputs: [0], outputs: [0] },
  MaxPoolGrad: { inputs: [0, 1, 2], outputs: [0], when: [0] },
  Add: { inputs: [0, 1], outputs: [0] },
  AddV2: { inputs: [0, 1], outputs: [0] },
  Pad: { inputs: [0], outputs: [0] },
  PadV2: { inputs: [0, 2], outputs: [0], when: [0] },
  Slice: { inputs: [0], outputs: [0] },
};

/** Rewrites a float32 graph so that convolutions and what lies between them run in bf16, with casts at the borders. */
export function bf16Islands(nodes: readonly GraphNode[]): GraphNode[] {
  const low = new Set<string>();
  const casts = new Map<string, string>();
  const types = new Map<string, readonly ValueType[]>();
  const result: GraphNode[] = [];

  const typeOf = (input: string) => {
    const { name, port } = parseInput(input);
    return types.get(name)?.[port];
  };
  const cast = (input: string, from: number, to: number): string => {
    const name = `${input.replace(':', '/')}/${to === DT.bfloat16 ? 'bf16' : 'f32'}`;
    if (!casts.has(name)) {
      casts.set(name, input);
      result.push({
        name,
        op: 'Cast',
        inputs: [input],
        attrs: { SrcT: typeAttr(from), DstT: typeAttr(to) },
        outputs: [{ dtype: to, shape: typeOf(input)?.shape ?? [] }],
      });
    }
    return name;
  };
  const asFloat = (input: string) => (low.has(input) ? cast(input, DT.bfloat16, DT.float32) : input);
  const asLow = (input: string) => (low.has(input) ? input : cast(input, DT.float32, DT.bfloat16));

  for (const node of nodes) {
    types.set(node.name, node.outputs);
    const island = ISLANDS[node.op];
    const isFloat = island && typeOf(node.inputs[island.inputs[0]!]!)?.dtype === DT.float32;
    const joins = isFloat && (island.starts || (island.when ?? island.inputs).every((i) => low.has(node.inputs[i]!)));
    if (!joins) {
      result.push({ ...node, inputs: node.inputs.map(asFloat) });
      continue;
    }
    const inputs = node.inputs.map((input, i) => (island.inputs.includes(i) ? asLow(input) : asFloat(input)));
    const outputs = node.outputs.map((type, i) =>
      island.outputs.includes(i) ? { ...type, dtype: DT.bfloat16 } : type,
    );
    for (const port of island.outputs) low.add(port === 0 ? node.name : `${node.name}:${port}`);
    result.push({ ...node, inputs, outputs, attrs: { ...node.attrs, T: typeAttr(DT.bfloat16) } });
  }
  return result;
}
