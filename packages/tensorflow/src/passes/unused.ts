import { type GraphNode, parseInput } from '../graph/graph-def.ts';

/** What a session feeds, fetches, or relies on by name, whether or not another node uses it. */
const isKept = ({ op, name }: GraphNode): boolean =>
  ['AssignVariableOp', 'Placeholder', 'ReadVariableOp', 'ResourceApplyMomentum', 'VarHandleOp'].includes(op) ||
  (op === 'Identity' && /^(out_\d+|init_\d+\/done)$/.test(name));

/** Drops nodes that neither are kept by name nor feed one that is. */
export function removeUnused(nodes: readonly GraphNode[]): GraphNode[] {
  const needed = new Set<string>();
  const result: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!isKept(node) && !needed.has(node.name)) continue;
    for (const input of node.inputs) needed.add(parseInput(input).name);
    result.push(node);
  }
  return result.reverse();
}
