import { constNode, DT, type GraphNode, parseInput, typeAttr } from '../graph/graph-def.ts';
import { removeUnused } from './unused.ts';

const ONE = 'momentum/one';

interface Match {
  /** The variable's and its slot's names. */
  weight: string;
  slot: string;
  rate: string;
  gradient: string;
  momentum: string;
  nesterov: boolean;
  slotAssign: GraphNode;
}

/**
 * SGD with momentum, written as `v' = v·m + g` and `w' = w − v'·lr`, becomes one in-place `ResourceApplyMomentum`: one
 * pass over the weights instead of four, and no second copy of them. So does `w' = w − v'` (LARS with the learning rate
 * inside the velocity), and Nesterov's `w' = w − (v'·m + g)·lr`. The factors must be scalars; what does not match stays as it is.
 *
 * Order: the op waits for the reads of both variables, as the assignments did. Whoever else uses an old value keeps it,
 * since TensorFlow copies a variable that somebody still reads before it changes it.
 *
 * Expects the assignments that `lower` writes: `AssignVariableOp(variable, value, ^read)`.
 */
export function fuseMomentum(nodes: readonly GraphNode[]): GraphNode[] {
  const matches = new Map<GraphNode, Match>();
  const slots = new Set<string>();
  const find = matcher(nodes);
  for (const node of nodes) {
    const match = node.op === 'AssignVariableOp' ? find(node) : undefined;
    if (!match || slots.has(match.slot)) continue;
    slots.add(match.slot);
    matches.set(node, match);
  }
  if (matches.size === 0) return [...nodes];

  const slotAssigns = new Set([...matches.values()].map((match) => match.slotAssign));
  const order = new Map<string, string>();
  for (const [assign, { weight }] of matches) order.set(`^${assign.name}`, `^${weight}/momentum`);
  for (const node of slotAssigns) order.set(`^${node.name}`, '');

  const fused: GraphNode[] = [constNode(ONE, DT.float32, [], new Uint8Array(Float32Array.of(1).buffer))];
  for (const node of nodes) {
    const match = matches.get(node);
    if (match) fused.push(applyMomentum(match));
    else if (!slotAssigns.has(node)) {
      fused.push({ ...node, inputs: node.inputs.map((input) => order.get(input) ?? input).filter(Boolean) });
    }
  }
  return removeUnused(fused);
}

function matcher(nodes: readonly GraphNode[]): (assign: GraphNode) => Match | undefined {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const assignOf = new Map(
    nodes.filter((node) => node.op === 'AssignVariableOp').map((node) => [node.inputs[1]!, node]),
  );
  const isRead = (input: string, variable: string) => {
    const node = byName.get(input);
    return node?.op === 'ReadVariableOp' && node.inputs[0] === variable;
  };
  const shapeOf = (input: string) => {
    const { name, port } = parseInput(input);
    return byName.get(name)?.outputs[port]?.shape ?? [];
  };
  const isScalar = (input: string) => shapeOf(input).length === 0;
  /** The inputs of a product with the scalar second, whichever way it was written. */
  const product = (input: string): [value: string, scalar: string] | undefined => {
    const node = byName.get(input);
    if (node?.op !== 'Mul') return undefined;
    const [a, b] = node.inputs as [string, string];
    if (isScalar(b)) return [a, b];
    return isScalar(a) ? [b, a] : undefined;
  };
  /** v'·m + g, with v' a variable's new value. */
  const lookAhead = (input: string) => {
    const node = byName.get(input);
    if (node?.op !== 'AddV2' && node?.op !== 'Add') return undefined;
    for (const [first, gradient] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
      const [velocity, momentum] = product(first) ?? [];
      if (velocity !== undefined && momentum !== undefined && assignOf.has(velocity))
        return { velocity, momentum, gradient };
    }
    return undefined;
  };

  return (assign) => {
    const [weight, value] = assign.inputs as [string, string];
    const difference = byName.get(value);
    if (difference?.op !== 'Sub' || difference.outputs[0]?.dtype !== DT.float32) return undefined;
    const [old, update] = difference.inputs as [string, string];
    if (!isRead(old, weight)) return undefined;
    const whole = assignOf.has(update) || lookAhead(update) !== undefined;
    const [step, rate] = whole ? [update, ONE] : (product(update) ?? []);
    if (step === undefined || rate === undefined) return undefined;
    const ahead = assignOf.has(step) ? undefined : lookAhead(step);
    const velocity = ahead?.velocity ?? step;
    const slotAssign = assignOf.get(velocity);
    const sum = byName.get(velocity);
    if (!slotAssign || slotAssign === assign) return undefined;
    if (sum?.op !== 'AddV2' && sum?.op !== 'Add') return undefined;
    const slot = slotAssign.inputs[0]!;
    for (const [first, second] of [sum.inputs, sum.inputs.toReversed()] as [string, string][]) {
      const decayed = product(first);
      if (!decayed || !isRead(decayed[0], slot) || String(shapeOf(second)) !== String(shapeOf(old))) continue;
      if (ahead && (ahead.gradient !== second || ahead.momentum !== decayed[1])) continue;
      return { weight, slot, rate, gradient: second, momentum: decayed[1], nesterov: ahead !== undefined, slotAssign };
    }
    return undefined;
  };
}

function applyMomentum({ weight, slot, rate, gradient, momentum, nesterov }: Match): GraphNode {
  return {
    name: `${weight}/momentum`,
    op: 'ResourceApplyMomentum',
    inputs: [weight, slot, rate, gradient, momentum, `^${weight}/read`, `^${slot}/read`],
    attrs: {
      T: typeAttr(DT.float32),
      use_locking: { kind: 'bool', value: false },
      use_nesterov: { kind: 'bool', value: nesterov },
    },
    outputs: [],
  };
}
