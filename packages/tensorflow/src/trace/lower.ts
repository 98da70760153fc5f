import { constNode, DT, type GraphNode, typeAttr } from '../graph/graph-def.ts';
import { liveNodes } from '../passes/liveness.ts';
import type { Recording, Ref } from './recorder.ts';

/** A named tensor of the traced function and where its value comes from. */
export interface Result {
  name: string;
  ref: Ref;
  dtype: number;
}

/** What the recorded function is: which inputs are fed, which are state, what it returns. */
export interface Signature {
  /** In the order of `in_0`, `in_1`, …; a shape with -1 leaves that dimension open. */
  inputs: { name: string; dtype: number; shape: number[] }[];
  /** In the order of `var_0`, `var_1`, … */
  state: { name: string; dtype: number; shape: number[] }[];
  outputs: Result[];
  /** New values of state, by name; what is left out stays as it is. */
  updates: Result[];
}

/**
 * The recording as a TensorFlow graph with these nodes for the session: feeds `in_i`; fetches `out_i` (which apply the
 * updates) and `var_i/read`; `init_i` with fetch `init_i/done` writes one variable.
 */
export function lower({ nodes }: Recording, { inputs, state, outputs, updates }: Signature): GraphNode[] {
  const live = liveNodes(
    nodes,
    [...outputs, ...updates].map((result) => result.ref),
  );
  const graph: GraphNode[] = [];
  const names: string[] = [];
  const counts = new Map<string, number>();
  const unique = (op: string) => {
    const n = (counts.get(op) ?? 0) + 1;
    counts.set(op, n);
    return `${op}_${n}`;
  };
  const textOf = ({ node, port }: Ref) => (port === 0 ? names[node]! : `${names[node]}:${port}`);

  const fed = new Map(inputs.map((input, i) => [input.name, { ...input, node: `in_${i}` }]));
  const variables = new Map(state.map((entry, i) => [entry.name, { ...entry, node: `var_${i}` }]));
  for (const { node, dtype, shape } of variables.values()) {
    const attrs: GraphNode['attrs'] = {
      dtype: typeAttr(dtype),
      shape: { kind: 'shape', value: shape },
      shared_name: { kind: 'string', value: node },
      container: { kind: 'string', value: '' },
    };
    graph.push({ name: node, op: 'VarHandleOp', inputs: [], attrs, outputs: [DT.resource] });
    graph.push({
      name: `${node}/read`,
      op: 'ReadVariableOp',
      inputs: [node],
      attrs: { dtype: typeAttr(dtype) },
      outputs: [dtype],
    });
  }
  for (const { node, dtype, shape } of fed.values()) graph.push(placeholder(node, dtype, shape));

  nodes.forEach((recorded, i) => {
    if (recorded.kind === 'input') {
      const variable = variables.get(recorded.name);
      names[i] = variable ? `${variable.node}/read` : fed.get(recorded.name)!.node;
      return;
    }
    if (!live.has(i)) return;
    if (recorded.kind === 'const') {
      const name = unique('Const');
      names[i] = name;
      const [{ dtype, shape }] = recorded.outputs;
      graph.push(constNode(name, dtype, shape, recorded.raw));
      return;
    }
    const { op, attrs } = recorded;
    const name = unique(op);
    names[i] = name;
    graph.push({
      name,
      op,
      inputs: recorded.inputs.map(textOf),
      attrs,
      outputs: recorded.outputs.map((output) => output.dtype),
    });
  });

  const order: string[] = [];
  for (const { name, ref, dtype } of updates) {
    const { node } = variables.get(name)!;
    const value = textOf(ref);
    if (value === `${node}/read`) continue;
    // The old value must have been read before the new one is written.
    const assign = { name: `${node}/assign`, op: 'AssignVariableOp', inputs: [node, value, `^${node}/read`] };
    graph.push({ ...assign, attrs: { dtype: typeAttr(dtype) }, outputs: [] });
    order.push(`^${node}/assign`);
  }
  outputs.forEach(({ ref, dtype }, i) => {
    graph.push({
      name: `out_${i}`,
      op: 'Identity',
      inputs: [textOf(ref), ...order],
      attrs: { T: typeAttr(dtype) },
      outputs: [dtype],
    });
  });
  state.forEach(({ dtype, shape }, i) => {
    const init = `init_${i}`;
    graph.push(placeholder(init, dtype, shape));
    graph.push({
      name: `${init}/assign`,
      op: 'AssignVariableOp',
      inputs: [`var_${i}`, init],
      attrs: { dtype: typeAttr(dtype) },
      outputs: [],
    });
    graph.push(constNode(`${init}/one`, DT.int32, [], Uint8Array.of(1, 0, 0, 0)));
    const done = { name: `${init}/done`, op: 'Identity', inputs: [`${init}/one`, `^${init}/assign`] };
    graph.push({ ...done, attrs: { T: typeAttr(DT.int32) }, outputs: [DT.int32] });
  });
  return graph;
}

function placeholder(name: string, dtype: number, shape: number[]): GraphNode {
  return {
    name,
    op: 'Placeholder',
    inputs: [],
    attrs: { dtype: typeAttr(dtype), shape: { kind: 'shape', value: shape } },
    outputs: [dtype],
  };
}
