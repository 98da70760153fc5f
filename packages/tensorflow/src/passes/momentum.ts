import { DT, type GraphNode, typeAttr } from '../graph/graph-def.ts';

const isAdd = (node: GraphNode | undefined): node is GraphNode => node?.op === 'AddV2' || node?.op === 'Add';

/**
 * SGD with momentum, written as `v' = v·m + g` and `w' = w − v'·lr`, becomes one in-place `ResourceApplyMomentum`: one
 * pass over the weights instead of four, and no second copy of them. What does not match stays as it is.
 *
 * Expects the assignments that `lower` writes: `AssignVariableOp(variable, value, ^read)`.
 */
export function fuseMomentum(nodes: readonly GraphNode[]): GraphNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const assigns = nodes.filter((node) => node.op === 'AssignVariableOp');
  const assignOf = new Map(assigns.map((node) => [node.inputs[1]!, node]));
  const reads = (name: string | undefined, variable: string) => {
    const node = name === undefined ? undefined : byName.get(name);
    return node?.op === 'ReadVariableOp' && node.inputs[0] === variable;
  };

  const fused = new Map<GraphNode, GraphNode>();
  const dropped = new Set<GraphNode>();
  for (const assign of assigns) {
    const [weight, value] = assign.inputs as [string, string];
    const update = byName.get(value);
    if (update?.op !== 'Sub' || !reads(update.inputs[0], weight)) continue;
    const scaled = byName.get(update.inputs[1]!);
    if (scaled?.op !== 'Mul') continue;
    const [velocity, rate] = scaled.inputs as [string, string];
    const velocityAssign = assignOf.get(velocity);
    const sum = byName.get(velocity);
    if (!velocityAssign || !isAdd(sum)) continue;
    const decayed = byName.get(sum.inputs[0]!);
    const slot = velocityAssign.inputs[0]!;
    if (decayed?.op !== 'Mul' || !reads(decayed.inputs[0], slot)) continue;
    fused.set(assign, {
      name: `${weight}/momentum`,
      op: 'ResourceApplyMomentum',
      inputs: [
        weight,
        slot,
        rate,
        sum.inputs[1]!,
        decayed.inputs[1]!,
        ...assign.inputs.slice(2),
        ...velocityAssign.inputs.slice(2),
      ],
      attrs: {
        T: typeAttr(DT.float32),
        use_locking: { kind: 'bool', value: false },
        use_nesterov: { kind: 'bool', value: false },
      },
      outputs: [],
    });
    dropped.add(velocityAssign);
  }
  if (fused.size === 0) return [...nodes];

  const order = new Map<string, string>();
  for (const [assign, momentum] of fused) order.set(`^${assign.name}`, `^${momentum.name}`);
  for (const node of dropped) order.set(`^${node.name}`, '');
  const kept = nodes.filter((node) => !dropped.has(node)).map((node) => fused.get(node) ?? node);
  return removeUnused(
    kept.map((node) => ({ ...node, inputs: node.inputs.map((input) => order.get(input) ?? input).filter(Boolean) })),
  );
}

const EFFECTS = new Set(['AssignVariableOp', 'ResourceApplyMomentum', 'Placeholder', 'VarHandleOp', 'ReadVariableOp']);

/** Drops nodes that neither have an effect, nor are a fetched `Identity`, nor feed one that does. */
function removeUnused(nodes: readonly GraphNode[]): GraphNode[] {
  const needed = new Set<string>();
  const result: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    const fetched = node.op === 'Identity' && node.name.startsWith('out_');
    if (!EFFECTS.has(node.op) && !fetched && !needed.has(node.name) && !node.name.startsWith('init')) continue;
    for (const input of node.inputs) needed.add(input.replace(/^\^/, '').replace(/:\d+$/, ''));
    result.push(node);
  }
  return result.reverse();
}
