import { constNode, type GraphNode } from '../graph/graph-def.ts';
import { removeUnused } from './unused.ts';

/**
 * A graph without variables: each read becomes a constant, and what wrote the variables goes.
 * @param values little-endian bytes by variable (`var_0`, …)
 */
export function freezeVariables(nodes: readonly GraphNode[], values: ReadonlyMap<string, Uint8Array>): GraphNode[] {
  const kept = nodes.filter(({ name, op }) => !name.startsWith('init_') && op !== 'VarHandleOp');
  return removeUnused(
    kept.map((node) => {
      if (node.op !== 'ReadVariableOp') return node;
      const [{ dtype, shape }] = node.outputs as [GraphNode['outputs'][0]];
      return constNode(node.name, dtype, shape, values.get(node.inputs[0]!)!);
    }),
  );
}
