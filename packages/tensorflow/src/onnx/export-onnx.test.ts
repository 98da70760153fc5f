import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { loadDefinition } from '../definition.ts';
import { freeze } from '../frozen.ts';
import { float32, sizeOf, type Tree } from '../tensors.ts';
import { exportOnnx, toOnnx } from './export-onnx.ts';

const module = import.meta.resolve('../testdata/image-definitions.ts');
const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const python = join(root, '.venv/bin/python');
const hasOnnxruntime = existsSync(python) && existsSync(join(root, '.venv/.test-packages'));

const wave = (shape: readonly (number | null)[], rows = 1) =>
  Float32Array.from({ length: rows * sizeOf(shape.map((n) => n ?? 1)) }, (_, i) => Math.sin(1 + i * i));

/** A definition of `image-definitions.ts` and a state for it. */
async function example(name: string, args: unknown = null) {
  const reference = { module, export: name, args };
  const { state: specs, inputs } = await loadDefinition(reference);
  const entries = Object.entries(specs).map(([key, { shape }]) => [key, float32(shape as number[], wave(shape))]);
  return { reference, state: Object.fromEntries(entries) as Tree, inputs };
}

describe('the graph', () => {
  it('has padding in its convolutions and means, and kernels as ONNX has them', async () => {
    const { reference, state } = await example('windows');
    const { nodes, initializers } = toOnnx(await freeze(reference, state));
    const found = nodes.filter(({ op }) => ['AveragePool', 'Conv', 'MaxPool'].includes(op));
    expect(found.map(({ op, attrs }) => [op, attrs.pads, attrs.count_include_pad ?? attrs.group])).toEqual([
      ['Conv', [1, 0, 1, 1], 1],
      ['Conv', [0, 0, 0, 0], 1],
      ['Conv', [0, 0, 2, 2], 1],
      ['Conv', [0, 1, 1, 1], 2],
      ['Conv', [0, 0, 1, 0], 1],
      ['MaxPool', [1, 1, 1, 1], undefined],
      ['MaxPool', [0, 0, 0, 0], undefined],
      ['AveragePool', [0, 0, 1, 1], 0],
      ['AveragePool', [0, 1, 1, 0], 1],
      ['AveragePool', [0, 0, 0, 0], 0],
      ['AveragePool', [0, 0, 0, 0], 0],
    ]);
    expect(nodes.filter(({ op }) => op === 'Pad')).toHaveLength(4);
    const kernels = initializers.filter(({ name }) => name.endsWith('/oihw'));
    expect(kernels.map(({ shape }) => shape)).toEqual([
      [6, 4, 3, 2],
      [6, 2, 2, 3],
    ]);
  });

  it('transposes images at its ends alone, keeps names, and leaves the first size open', async () => {
    const { reference, state } = await example('windows');
    const { nodes, inputs, outputs } = toOnnx(await freeze(reference, state));
    const transposes = nodes.filter(({ op }) => op === 'Transpose');
    expect(transposes[0]).toEqual({
      op: 'Transpose',
      inputs: ['images'],
      outputs: ['in_0'],
      attrs: { perm: [0, 3, 1, 2] },
    });
    expect(transposes.slice(1).map((node) => node.outputs[0])).toEqual(outputs.map(({ name }) => name));
    expect(inputs).toEqual([{ name: 'images', element: 1, shape: ['n', 7, 5, 4] }]);
    expect(outputs[0]).toEqual({ name: 'same', element: 1, shape: [null, 4, 3, 6] });
  });
});

describe('exportOnnx', () => {
  it.each([
    ['op', /^unsupported op for onnx: Tanh \(Tanh_1\)\. allowed: Add, AddV2, AvgPool, .*SplitV, Sub$/],
    ['axes', 'cannot export to onnx: Mean_1 (Mean) is over other axes than height and width'],
    ['kernel', "cannot export to onnx: Conv2D_1 (Conv2D) has a kernel that depends on the model's input"],
    [
      'broadcast',
      /^cannot export to onnx: Add\w*_1 \(Add\w*\) broadcasts 1 axes that depend on the model's input to 4$/,
    ],
    ['name', 'cannot export to onnx: two values are named x'],
  ])('refuses in one line, and writes nothing: %s', async (kind, message) => {
    const { reference } = await example('refused', { kind });
    const result = exportOnnx(reference, {}, join(folder, 'none/model.onnx'));
    await expect(result).rejects.toThrow(UserError);
    await expect(result).rejects.toThrow(message);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('refuses incomplete state', async () => {
    const { reference } = await example('windows');
    const message = 'invalid state: kernel is missing. expected float32 [3,2,4,6]';
    await expect(exportOnnx(reference, {}, join(folder, 'none.onnx'))).rejects.toThrow(message);
  });

  it('writes equal bytes for equal weights, and leaves no temporary', async () => {
    const { reference, state } = await example('shapes');
    const [a, b] = ['a', 'b'].map((name) => join(folder, 'equal', `${name}.onnx`)) as [string, string];
    await exportOnnx(reference, state, a);
    await exportOnnx(reference, state, b);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    expect(readdirSync(join(folder, 'equal'))).toEqual(['a.onnx', 'b.onnx']);
  });
});

describe.skipIf(!hasOnnxruntime)('in onnxruntime (skipped where npm test has not installed it)', () => {
  it.each(['windows', 'shapes'])('%s equals the compiled graph, for 1 row and for 5', async (name) => {
    const { reference, state, inputs } = await example(name);
    const file = join(folder, `${name}.onnx`);
    await exportOnnx(reference, state, file);
    const graph = await compile(reference, { cache: join(folder, 'cache') });
    graph.write(state);
    for (const rows of [1, 5]) {
      const feeds = Object.fromEntries(Object.entries(inputs).map(([key, { shape }]) => [key, wave(shape, rows)]));
      const expected = graph.run(feeds);
      const got = runOnnx(file, feeds);
      expect(Object.keys(got)).toEqual(Object.keys(expected));
      for (const [key, { shape, data }] of Object.entries(expected)) {
        const values = got[key]!;
        expect(values.shape, key).toEqual(shape);
        const largest = Math.max(...data.map(Math.abs));
        const difference = Math.max(...data.map((value, i) => Math.abs(value - values.data[i]!)));
        expect(difference / largest, `${key}, ${rows} rows`).toBeLessThan(1e-5);
      }
    }
    graph.dispose();
  });
});

function runOnnx(
  file: string,
  feeds: Record<string, Float32Array>,
): Record<string, { shape: number[]; data: number[] }> {
  const script = `
import json, sys, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
values = json.load(sys.stdin)
feeds = {i.name: numpy.array(values[i.name], numpy.float32).reshape(-1, *i.shape[1:]) for i in session.get_inputs()}
names = [o.name for o in session.get_outputs()]
print(json.dumps({n: {'shape': y.shape, 'data': y.ravel().tolist()} for n, y in zip(names, session.run(names, feeds))}))`;
  const input = JSON.stringify(Object.fromEntries(Object.entries(feeds).map(([name, data]) => [name, [...data]])));
  return JSON.parse(execFileSync(python, ['-c', script, file], { encoding: 'utf8', input }));
}
