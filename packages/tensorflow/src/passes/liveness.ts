import type { RecordedNode, Ref } from '../trace/recorder.ts';

/** The recorded nodes that the roots depend on. An eager run also computes what nobody asks for: gradients of inputs, say. */
export function liveNodes(nodes: readonly RecordedNode[], roots: readonly Ref[]): Set<number> {
  const live = new Set<number>();
  const stack = roots.map((root) => root.node);
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (live.has(at)) continue;
    live.add(at);
    const node = nodes[at]!;
    if (node.kind === 'op') stack.push(...node.inputs.map((input) => input.node));
  }
  return live;
}
