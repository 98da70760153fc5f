import { constNode, DT, type GraphNode, typeAttr, type ValueType } from '../graph/graph-def.ts';
import type { RecordedNode, Ref } from './recorder.ts';

/** A named tensor of the traced function. A shape with -1 leaves that dimension open. */
export interface Entry extends ValueType {
  name: string;
}

/** A named tensor of the traced function and where its value comes from. */
export interface Result extends Entry {
  ref: Ref;
}

/** Signature of the recorded function: its fed inputs, its state, its results. */
export interface Signature {
  /** In the order of `in_0`, `in_1`, … */
  inputs: Entry[];
  /** In the order of `var_0`, `var_1`, … */
  state: Entry[];
  outputs: Result[];
  /** New values of state, by name; what is left out stays as it is. */
  updates: Result[];
}

/**
 * The live part of a recording as a TensorFlow graph with these nodes for the session: feeds `in_i`; fetches `out_i` (which apply the
 * updates) and `var_i/read`; `init_i` with fetch `init_i/done` writes one variable.
 */
export function lower(
  nodes: readonly RecordedNode[],
  live: ReadonlySet<number>,
  { inputs, state, outputs, updates }: Signature,
): GraphNode[] {
  const graph: GraphNode[] = [];
  const names: string[] = [];
  const counts = new Map<string, number>();
  const unique = (op: string) => {
    const n = (counts.get(op) ?? 0) + 1;
    counts.set(op, n);
    return `${op}_${n}`;
  };
  const textOf = ({ node, port }: Ref) => (port === 0 ? names[node]! : `${names[node]}:${port}`);

  const fed = new Map(inputs.map((input, i) => [input.name, `in_${i}`]));
  const variables = new Map(state.map((entry, i) => [entry.name, `var_${i}`]));
  state.forEach((entry, i) => void graph.push(...variable(`var_${i}`, entry)));
  inputs.forEach((entry, i) => void graph.push(placeholder(`in_${i}`, entry)));

  nodes.forEach((recorded, i) => {
    if (recorded.kind === 'input') {
      const node = variables.get(recorded.name);
      names[i] = node ? `${node}/read` : fed.get(recorded.name)!;
    } else if (live.has(i) && recorded.kind === 'const') {
      const [{ dtype, shape }] = recorded.outputs;
      names[i] = unique('Const');
      graph.push(constNode(names[i], dtype, shape, recorded.raw));
    } else if (live.has(i) && recorded.kind === 'op') {
      const { op, attrs } = recorded;
      names[i] = unique(op);
      graph.push({ name: names[i], op, inputs: recorded.inputs.map(textOf), attrs, outputs: recorded.outputs });
    }
  });

  const order: string[] = [];
  for (const { name, ref, dtype, shape } of updates) {
    const node = variables.get(name)!;
    let value = textOf(ref);
    if (value === `${node}/read`) continue;
    if (sharesFeed(nodes, ref, fed)) {
      graph.push(ownCopy(`${node}/copy`, value, { dtype, shape }));
      value = `${node}/copy`;
    }
    // The old value must have been read before the new one is written.
    graph.push(assign(`${node}/assign`, node, value, dtype, [`^${node}/read`]));
    order.push(`^${node}/assign`);
  }
  outputs.forEach(({ ref, dtype, shape }, i) => {
    graph.push(identity(`out_${i}`, textOf(ref), { dtype, shape }, order));
  });
  state.forEach((entry, i) => void graph.push(...initialiser(i, entry)));
  return graph;
}

/** Ops whose output may be the memory of their first input. */
const MAY_SHARE = new Set([
  'ExpandDims',
  'Identity',
  'Reshape',
  'Slice',
  'SplitV',
  'Squeeze',
  'StridedSlice',
  'Transpose',
  'Unpack',
]);

/** Whether a value may lie in the memory of a feed, which belongs to the caller. */
function sharesFeed(nodes: readonly RecordedNode[], ref: Ref, fed: ReadonlyMap<string, string>): boolean {
  const node = nodes[ref.node]!;
  if (node.kind === 'input') return fed.has(node.name);
  return node.kind === 'op' && MAY_SHARE.has(node.op) && sharesFeed(nodes, node.inputs[0]!, fed);
}

function placeholder(name: string, { dtype, shape }: ValueType): GraphNode {
  const attrs: GraphNode['attrs'] = { dtype: typeAttr(dtype), shape: { kind: 'shape', value: shape } };
  return { name, op: 'Placeholder', inputs: [], attrs, outputs: [{ dtype, shape }] };
}

function variable(name: string, { dtype, shape }: ValueType): GraphNode[] {
  const attrs: GraphNode['attrs'] = {
    dtype: typeAttr(dtype),
    shape: { kind: 'shape', value: shape },
    shared_name: { kind: 'string', value: name },
    container: { kind: 'string', value: '' },
  };
  const read = { name: `${name}/read`, op: 'ReadVariableOp', inputs: [name], attrs: { dtype: typeAttr(dtype) } };
  return [
    { name, op: 'VarHandleOp', inputs: [], attrs, outputs: [{ dtype: DT.resource, shape: [] }] },
    { ...read, outputs: [{ dtype, shape }] },
  ];
}

/** A copy in memory of TensorFlow's own: a feed may lie in the caller's, and a variable must outlive the call. */
function ownCopy(name: string, value: string, type: ValueType): GraphNode {
  return { name, op: 'DeepCopy', inputs: [value], attrs: { T: typeAttr(type.dtype) }, outputs: [type] };
}

function assign(name: string, target: string, value: string, dtype: number, after: string[] = []): GraphNode {
  const inputs = [target, value, ...after];
  return { name, op: 'AssignVariableOp', inputs, attrs: { dtype: typeAttr(dtype) }, outputs: [] };
}

function identity(name: string, value: string, type: ValueType, after: string[]): GraphNode {
  return { name, op: 'Identity', inputs: [value, ...after], attrs: { T: typeAttr(type.dtype) }, outputs: [type] };
}

/** Nodes that set variable `i` from a feed. */
function initialiser(i: number, entry: Entry): GraphNode[] {
  const init = `init_${i}`;
  const one = constNode(`${init}/one`, DT.int32, [], Uint8Array.of(1, 0, 0, 0));
  return [
    placeholder(init, entry),
    ownCopy(`${init}/copy`, init, entry),
    assign(`${init}/assign`, `var_${i}`, `${init}/copy`, entry.dtype),
    one,
    identity(`${init}/done`, one.name, { dtype: DT.int32, shape: [] }, [`^${init}/assign`]),
  ];
}
