import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import { compile } from './compile.ts';
import { exportSavedModel } from './export.ts';
import { type TensorFlow, tf } from './load.ts';
import { float32, type Tree } from './tensors.ts';

const module = import.meta.resolve('./testdata/definitions.ts');
const folder = mkdtempSync(join(tmpdir(), 'export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const linear = { module, export: 'linear', args: null };
const state: Tree = {
  w: float32(
    [4, 2],
    Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
  ),
};

describe('exportSavedModel', () => {
  it('writes what other loaders run with equal results, for any number of rows', async () => {
    await exportSavedModel(linear, { ...state, unused: float32([1]) }, folder);
    const model = await tf.node.loadSavedModel(folder);
    const graph = await compile(linear, { cache: join(folder, 'cache') });
    graph.write(state);
    for (const rows of [1, 5]) {
      const x = Float32Array.from({ length: 4 * rows }, (_, i) => Math.cos(i));
      const { y } = model.predict({ x: tf.tensor2d(x, [rows, 4]) }) as Record<string, TensorFlow.Tensor>;
      expect(y!.shape).toEqual([rows, 2]);
      expect(y!.dataSync()).toEqual(graph.run({ x }).y!.data);
    }
    graph.dispose();
    model.dispose();
  });

  it('refuses incomplete state and functions that update it', async () => {
    const none = join(folder, 'none');
    await expect(exportSavedModel(linear, {}, none)).rejects.toThrow(UserError);
    await expect(exportSavedModel(linear, { w: float32([2, 4]) }, none)).rejects.toThrow(
      'invalid state: w is float32 [2,4]. expected float32 [4,2]',
    );
    const shift = { module, export: 'shift', args: null };
    await expect(exportSavedModel(shift, {}, none)).rejects.toThrow('cannot export shift: it updates its state');
    expect(existsSync(none)).toBe(false);
  });
});
