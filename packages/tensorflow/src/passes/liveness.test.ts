import { expect, it } from 'vitest';
import type { RecordedNode, Ref } from '../trace/recorder.ts';
import { liveNodes } from './liveness.ts';

const outputs: [{ dtype: number; shape: number[] }] = [{ dtype: 1, shape: [] }];
const op = (...inputs: number[]): RecordedNode => ({
  kind: 'op',
  op: 'Add',
  attrs: {},
  inputs: inputs.map((node): Ref => ({ node, port: 0 })),
  outputs,
  origin: new Error(),
});

it('keeps what the roots depend on, once, and drops the rest', () => {
  const input: RecordedNode = { kind: 'input', name: 'x', outputs };
  // 0 input, 1 = f(0), 2 dead, 3 = f(1, 1), 4 dead = f(3)
  const nodes = [input, op(0), op(0), op(1, 1), op(3)];
  expect([...liveNodes(nodes, [{ node: 3, port: 0 }])].sort()).toEqual([0, 1, 3]);
  expect(liveNodes(nodes, []).size).toBe(0);
});
