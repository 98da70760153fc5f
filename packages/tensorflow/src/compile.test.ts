import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressed, randomNormal } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { loadDefinition } from './definition.ts';
import { feedBuffer } from './feed-buffer.ts';
import { tf } from './load.ts';
import type { Compiled } from './session.ts';
import { float32, sizeOf, type TensorData, type Tensors, type Tree } from './tensors.ts';
import { PARAMS } from './testdata/definitions.ts';
import { native } from './trace/binding.ts';

const module = import.meta.resolve('./testdata/definitions.ts');
let cache: string;
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'graphs-'));
});
afterAll(() => rmSync(cache, { recursive: true }));

const batch = 6;
const normal = (size: number, seed: number, scale = 1) => {
  const random = addressed(seed);
  return Float32Array.from({ length: size }, () => scale * randomNormal(random));
};

function initialState(): Tree {
  const tree: Tree = { mean: float32([8]) };
  Object.entries(PARAMS).forEach(([name, shape], i) => {
    tree[name] = float32(shape, name === 'gamma' ? 1 : normal(sizeOf(shape), i, 0.3));
    tree[`${name}/velocity`] = float32(shape);
  });
  return tree;
}

function inputs(step: number, n = batch) {
  return {
    x: normal(n * 8 * 8 * 2, 100 + step),
    labels: Int32Array.from({ length: n }, (_, i) => (i + step) % 4),
    learningRate: Float32Array.of(0.1 / (1 + step)),
  };
}

const reference = { module, export: 'smallStep', args: { batch } };

/** Runs the definition eagerly, without a graph. */
async function eager(steps: number): Promise<{ state: Tree; losses: number[] }> {
  const definition = await loadDefinition(reference);
  let state = initialState();
  const losses: number[] = [];
  const tensor = ({ data, shape, dtype }: TensorData) => tf.tensor(data, shape, dtype);
  for (let i = 0; i < steps; i++) {
    const fed = Object.fromEntries(
      Object.entries(inputs(i)).map(([name, data]) => {
        const { shape, dtype } = definition.inputs[name]!;
        return [name, tensor({ data, shape: shape as number[], dtype })];
      }),
    );
    const tensors: Tensors = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, tensor(value)]));
    const result = definition.step(tensors, fed);
    losses.push(result.outputs.loss!.dataSync()[0]!);
    const after = { ...tensors, ...result.state };
    state = Object.fromEntries(
      Object.entries(after).map(([name, t]) => [
        name,
        { shape: t.shape, dtype: 'float32', data: t.dataSync() as Float32Array },
      ]),
    );
  }
  return { state, losses };
}

/** |a − b| / |b|, largest over the tensors that are not zero. */
function relativeDifference(a: Tree, b: Tree): number {
  return Math.max(
    ...Object.entries(b).map(([name, { data }]) => {
      let difference = 0;
      let norm = 0;
      data.forEach((value, i) => {
        difference += (value - a[name]!.data[i]!) ** 2;
        norm += value ** 2;
      });
      return norm > 0 ? Math.sqrt(difference / norm) : Math.sqrt(difference);
    }),
  );
}

describe('a compiled train step', () => {
  let step: Compiled;
  beforeAll(async () => {
    step = await compile(reference, { cache });
  });
  afterAll(() => step.dispose());

  it('refuses to run before its state is written', () => {
    expect(() => step.run(inputs(0))).toThrow(/^state not written: /);
  });

  it.each([1, 2])('equals the eager function after %d steps', async (steps) => {
    const expected = await eager(steps);
    step.write(initialState());
    const losses = Array.from({ length: steps }, (_, i) => step.run(inputs(i)).loss!.data[0]!);
    losses.forEach(
      (loss, i) => void expect(Math.abs(loss - expected.losses[i]!) / expected.losses[i]!).toBeLessThan(1e-5),
    );
    expect(relativeDifference(step.read(), expected.state)).toBeLessThan(1e-5);
  });

  it('gives bitwise equal weights from the same start (oneDNN, threads as the machine has cores)', () => {
    const run = () => {
      step.write(initialState());
      for (let i = 0; i < 20; i++) step.run(inputs(i));
      return step.read();
    };
    const [a, b] = [run(), run()];
    for (const name of Object.keys(a))
      expect(Buffer.from(a[name]!.data.buffer).equals(Buffer.from(b[name]!.data.buffer))).toBe(true);
  });

  it('learns, and holds neither tensors nor memory from call to call', () => {
    step.write(initialState());
    const first = step.run(inputs(0)).loss!.data[0]!;
    const fed = inputs(0);
    const run = (times: number) => {
      for (let i = 0; i < times; i++) step.run(fed);
      return { tensors: native.getNumOfTensors(), bytes: process.memoryUsage().rss };
    };
    const before = run(200);
    const after = run(1000);
    expect(after.tensors).toBe(before.tensors);
    // A step feeds 3 kB and holds some 100 kB of activations: a leak of either would show as megabytes.
    expect(after.bytes - before.bytes).toBeLessThan(20e6);
    expect(step.run(fed).loss!.data[0]!).toBeLessThan(0.5 * first);
  });

  it('checks every input and every state entry', () => {
    const good = inputs(0);
    expect(() => step.run({ ...good, x: good.x.subarray(1) })).toThrow(
      'invalid input: x has 767 values. expected float32 [6,8,8,2]',
    );
    expect(() => step.run({ ...good, labels: Float32Array.of(1) })).toThrow(
      'invalid input: labels is float32. expected int32 [6]',
    );
    expect(() => step.run({ x: good.x, labels: good.labels })).toThrow(
      'missing input: learningRate. expected float32 []',
    );
    expect(() => step.run({ ...good, extra: good.x })).toThrow(/^unknown input: extra\. expected: x, labels/);
    expect(() => step.write({ gamma: float32([4]) })).toThrow(
      'invalid state: gamma is float32 [4]. expected float32 [8]',
    );
    expect(() => step.write({ delta: float32([4]) })).toThrow(/^unknown state: delta/);
  });

  it('comes from the cache the second time, and another function does not', async () => {
    const before = readdirSync(cache).length;
    (await compile(reference, { cache })).dispose();
    expect(readdirSync(cache)).toHaveLength(before);
    (await compile({ ...reference, args: { batch: 4 } }, { cache })).dispose();
    expect(readdirSync(cache)).toHaveLength(before + 1);
  });

  it('fuses momentum into one update a parameter', async () => {
    const { trace } = await import('./trace/trace.ts');
    const { nodes } = trace(await loadDefinition(reference), { precision: 'fp32', filterProducts: false });
    const count = (op: string) => nodes.filter((node) => node.op === op).length;
    expect(count('ResourceApplyMomentum')).toBe(Object.keys(PARAMS).length);
    expect(count('AssignVariableOp')).toBe(1 + 2 * Object.keys(PARAMS).length + 1); // mean; the init of every variable
  });

  it('in bf16 stays near fp32, with float32 weights', async () => {
    const low = await compile(reference, { cache, precision: 'bf16' });
    low.write(initialState());
    step.write(initialState());
    const [a, b] = [low.run(inputs(0)).loss!.data[0]!, step.run(inputs(0)).loss!.data[0]!];
    expect(a).not.toBe(b);
    expect(Math.abs(a - b) / b).toBeLessThan(0.02);
    expect(relativeDifference(low.read(['kernel']), step.read(['kernel']))).toBeLessThan(0.02);
    low.dispose();
  });
});

describe('an open first dimension', () => {
  it('takes any number of rows', async () => {
    const graph = await compile({ module, export: 'linear', args: null }, { cache });
    graph.write({ w: float32([4, 2], Float32Array.of(1, 0, 0, 1, 0, 0, 0, 0)) });
    expect([...graph.run({ x: Float32Array.of(1, 2, 3, 4) }).y!.data]).toEqual([1, 2]);
    const five = graph.run({ x: new Float32Array(20).fill(3) }).y!;
    expect(five.shape).toEqual([5, 2]);
    expect(() => graph.run({ x: new Float32Array(6) })).toThrow(
      'invalid input: x has 6 values. expected float32 [n,4]',
    );
    graph.dispose();
    expect(() => graph.run({ x: new Float32Array(4) })).toThrow(/^disposed graph/);
  });

  it('goes through a reshape, and is told apart from fixed ones', async () => {
    const graph = await compile({ module, export: 'flatten', args: null }, { cache });
    const { rows, column, sum } = graph.run({ x: Float32Array.from({ length: 40 }, (_, i) => i) });
    expect(rows!.shape).toEqual([5, 8]);
    expect(column).toMatchObject({ shape: [5, 1], data: Float32Array.of(28, 92, 156, 220, 284) });
    expect(sum!).toEqual({ shape: [], dtype: 'float32', data: Float32Array.of(780) });
    expect(graph.info.outputs).toEqual({
      rows: { shape: [null, 8], dtype: 'float32' },
      column: { shape: [null, 1], dtype: 'float32' },
      sum: { shape: [], dtype: 'float32' },
    });
    graph.dispose();
  });

  it('is refused where the batch size would be frozen', async () => {
    await expect(compile({ module, export: 'batchMean', args: null }, { cache })).rejects.toThrow(
      /^frozen value in a traced function: .*RealDiv.*batch size/,
    );
  });

  it('is refused in a function that updates state', async () => {
    await expect(compile({ module, export: 'runningMean', args: null }, { cache })).rejects.toThrow(
      /^open dimension in a function that updates state/,
    );
  });
});

describe('state', () => {
  // Memory that TensorFlow takes without a copy.
  const aligned = (fill: number) => feedBuffer(1024).fill(fill);
  const entry = (fill: number) => float32([1024], aligned(fill));

  it("is the session's own: later changes to the caller's arrays do not reach it", async () => {
    const graph = await compile({ module, export: 'shift', args: null }, { cache });
    const written = { last: entry(1), a: entry(2), b: entry(3) };
    graph.write(written);
    for (const { data } of Object.values(written)) data.fill(9);
    expect(graph.read(['last']).last!.data[0]).toBe(1);
    const x = aligned(4);
    graph.run({ x });
    x.fill(9);
    const { last, a, b } = graph.read();
    expect([last!.data[0], a!.data[0], b!.data[0]]).toEqual([4, 3, 2]);
    graph.dispose();
  });

  it('changes after the outputs are taken, all of it at once', async () => {
    const graph = await compile({ module, export: 'shift', args: null }, { cache });
    graph.write({ last: entry(0), a: entry(1), b: entry(2) });
    const seen = Array.from({ length: 100 }, (_, i) => graph.run({ x: aligned(i + 1) }));
    seen.forEach(({ last, a }, i) => void expect([last!.data[1023], a!.data[0]]).toEqual([i, (i % 2) + 1]));
    graph.dispose();
  });

  it('is not all that a function may give', async () => {
    await expect(compile({ module, export: 'silent', args: null }, { cache })).rejects.toThrow(/^no outputs/);
  });
});
