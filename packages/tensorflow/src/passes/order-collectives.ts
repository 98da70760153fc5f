import { type GraphNode, parseInput } from '../graph/graph-def.ts';
import { isCollective } from '../ops/collective-shape.ts';

/** Ops that cost nothing, beside those that wait for what they pass on. */
const PASSING = new Set(['Cast', 'ConcatV2', 'Identity', 'Reshape']);

/**
 * Gives the calls between ranks one order, by control edges: the executor runs ops as they become ready, which would be
 * another order on each rank, and each would wait for another. A call comes where its input is computed, so that
 * gradients are reduced while the backward pass goes on below them.
 */
export function orderCollectives(nodes: readonly GraphNode[]): GraphNode[] {
  const ready = new Map<string, number>();
  const inputsReady = ({ inputs }: GraphNode) =>
    Math.max(-1, ...inputs.map((input) => ready.get(parseInput(input).name)!));
  nodes.forEach(
    (node, i) => void ready.set(node.name, PASSING.has(node.op) ? inputsReady(node) : node.op === 'Const' ? -1 : i),
  );
  const calls = nodes
    .filter(({ op }) => isCollective(op))
    .map((node) => ({ name: node.name, at: inputsReady(node) }))
    .sort((a, b) => a.at - b.at);
  const before = new Map(calls.slice(1).map(({ name }, i) => [name, calls[i]!.name]));
  return nodes.map((node) => {
    const previous = before.get(node.name);
    return previous === undefined ? node : { ...node, inputs: [...node.inputs, `^${previous}`] };
  });
}
