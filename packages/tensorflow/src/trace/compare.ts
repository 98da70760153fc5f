import { CHANGING, type RecordedNode } from './recorder.ts';
import { TraceError } from './trace-error.ts';

type Const = Extract<RecordedNode, { kind: 'const' }>;

/**
 * What a graph would freeze differs between two runs: a counter, a clock, a random number or, where the runs have other
 * sizes in their open dimensions, a constant that depends on the size. Shapes of `Reshape` that differ in one dimension
 * alone get -1 there, which is the one use of a size that a graph can express; all else is an error.
 *
 * @param live which nodes the results depend on; others do not matter
 * @returns the nodes of the first run, free of the size
 */
export function freeOfRun(
  first: readonly RecordedNode[],
  second: readonly RecordedNode[],
  live: ReadonlySet<number>,
  open: boolean,
): RecordedNode[] {
  const reason = open ? `the batch size, or on ${CHANGING}` : CHANGING;
  if (first.length !== second.length) {
    throw new TraceError(`frozen value in a traced function: which ops run depends on ${reason}`);
  }
  return first.map((node, i) => {
    const other = second[i]!;
    if (!live.has(i) || same(node, other)) return node;
    const users = first.filter((n) => n.kind === 'op' && n.inputs.some((input) => input.node === i));
    if (open && node.kind === 'const' && other.kind === 'const' && users.every((user) => isShapeOf(user, i))) {
      const shape = openShape(node, other);
      if (shape) return { ...node, raw: shape };
    }
    const user = users[0];
    const where = node.kind === 'op' ? node.op : user?.kind === 'op' ? `a constant of ${user.op}` : 'a constant';
    throw new TraceError(
      `frozen value in a traced function: ${where} depends on ${reason}. pass it as an input`,
      node.origin,
    );
  });
}

function same(a: RecordedNode, b: RecordedNode): boolean {
  if (a.kind === 'const') return b.kind === 'const' && Buffer.from(a.raw).equals(b.raw);
  if (a.kind === 'input') return b.kind === 'input' && a.name === b.name;
  const wiring = ({ op, attrs, inputs }: typeof a) => JSON.stringify([op, attrs, inputs]);
  return b.kind === 'op' && wiring(a) === wiring(b);
}

const isShapeOf = (user: RecordedNode, node: number) =>
  user.kind === 'op' && user.op === 'Reshape' && user.inputs[1]?.node === node && user.inputs[0]?.node !== node;

function openShape(first: Const, second: Const): Uint8Array | undefined {
  const [a, b] = [first, second].map(({ raw }) => new Int32Array(raw.buffer, raw.byteOffset, raw.byteLength / 4));
  const differing = [...a!.keys()].filter((i) => a![i] !== b![i]);
  if (a!.length !== b!.length || differing.length !== 1) return undefined;
  return new Uint8Array(a!.map((n, i) => (i === differing[0] ? -1 : n)).buffer);
}
