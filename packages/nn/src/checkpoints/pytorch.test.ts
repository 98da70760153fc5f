import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openPyTorch } from './pytorch.ts';
import { flipped, readAll, testFile } from './testdata/files.ts';

const kinds = testFile('kinds.pth');
const dir = mkdtempSync(join(tmpdir(), 'pytorch-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('openPyTorch', () => {
  it('reads every type and view, and skips what is no tensor', () => {
    const base = Array.from({ length: 24 }, (_, i) => i / 8);
    const expected = {
      float32: [[2, 3, 4], base],
      transposed: [[4, 2, 3], [0, 1, 2, 3].flatMap((i) => base.filter((_, k) => k % 4 === i))],
      row: [[3, 4], base.slice(12)],
      column: [[2, 2], [4, 6, 16, 18].map((i) => i / 8)],
      expanded: [[3], [0, 0, 0]],
      parameter: [[3, 4], base.slice(0, 12)],
      scalar: [[], [2.5]],
      empty: [[0, 3], []],
      float16: [[2, 3, 4], base],
      bfloat16: [[2, 3, 4], base],
      double: [[2, 3, 4], base],
      long: [[2], [3, -4]],
      int: [[1], [5]],
    };
    const read = Object.entries(readAll(openPyTorch(kinds)));
    const tensors = read.map(([name, tensor]) => [name.replace('state_dict.', ''), tensor] as const);
    expect(Object.fromEntries(tensors.map(([name, { shape, data }]) => [name, [shape, [...data]]]))).toEqual(expected);
    expect(tensors.filter(([, { dtype }]) => dtype === 'int32').map(([name]) => name)).toEqual(['long', 'int']);
  });

  it('runs nothing: a pickle that calls os.system holds no tensors', () => {
    expect(() => openPyTorch(testFile('foreign.pth'))).toThrow(
      /^no tensors: .*foreign\.pth, which holds posix\.system\. save a state_dict: torch\.save\(/,
    );
    expect(existsSync('executed')).toBe(false);
  });

  const base = Array.from({ length: 12 }, (_, i) => i / 8);
  const beside = {
    'state_dict.module.weight': [[3, 4], base],
    'state_dict.module.bias': [[4], [1.5, 1.625, 1.75, 1.875]],
    best_acc1: [[], [71.5]],
    bool: [[1], [1]],
    int8: [[1], [-3]],
    int16: [[1], [-300]],
    uint8: [[1], [255]],
    'callbacks.EarlyStopping.best_score': [[], [0.5]],
    'loops.0.progress': [[], [3]],
    same: [[3, 4], base],
  };

  it.each([
    'beside-1.pth',
    'beside-2.pth',
    'beside-3.pth',
    'beside-4.pth',
    'beside-5.pth',
    'beside-legacy.pth',
  ])('%s: reads the tensors, and passes over all else by name', (name) => {
    const checkpoint = openPyTorch(testFile(name));
    for (const [tensor, [shape, values]] of Object.entries(beside)) {
      const { shape: readShape, data } = checkpoint.read(tensor);
      expect([readShape, [...data]], tensor).toEqual([shape, values]);
    }
    const others = [...checkpoint.shapes.keys()].filter((tensor) => !(tensor in beside));
    expect(others.filter((tensor) => tensor !== 'float8')).toEqual(['state_dict.module.steps', 'complex']);
    expect(() => checkpoint.read('state_dict.module.steps')).toThrow(/^too large for int32: 1099511627776 in state_/);
    expect(() => checkpoint.read('complex')).toThrow(/^unsupported type: complex64 of complex in .* allowed: F32, /);
    const classes = ['argparse.Namespace', 'collections.Counter', 'torch._utils._rebuild_sparse_tensor'];
    expect(checkpoint.passedOver).toEqual(expect.arrayContaining(classes));
    expect(checkpoint.passedOver?.filter((known) => /Storage|Size|device|OrderedDict/.test(known))).toEqual([]);
  });

  it('of a whole module reads what its state_dict would have', () => {
    const { shapes, passedOver } = openPyTorch(testFile('module.pth'));
    const norm = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    const expected = ['conv.weight', 'conv.bias', ...norm.map((name) => `heads.0.${name}`)];
    expect([...shapes.keys()]).toEqual(expected.map((name) => `model.${name}`));
    expect(passedOver).toContain('__main__.Tiny');
  });

  it('says how to save the weights of a TorchScript archive', () => {
    expect(() => openPyTorch(testFile('script.pt'))).toThrow(
      /^a TorchScript archive: .* torch\.save\(torch\.jit\.load\('script\.pt'\)\.state_dict\(\), 'new\.pth'\)$/,
    );
  });

  describe.each(['kinds.pth', 'beside-5.pth', 'beside-legacy.pth', 'module.pth'])('%s', (name) => {
    const damagedFile = join(dir, name);
    const original = readFileSync(testFile(name));
    const readable = (path: string) => {
      const checkpoint = openPyTorch(path);
      const names = [...checkpoint.shapes.keys()].filter((key) => !/steps|complex|float8/.test(key));
      return Object.fromEntries(names.map((key) => [key, checkpoint.read(key)]));
    };
    const whole = readable(testFile(name));

    it('a byte turned over is told, or changes no more than a tensor', () => {
      fc.assert(
        fc.property(fc.nat(original.length - 1), (at) => {
          writeFileSync(damagedFile, flipped(original, at));
          try {
            const tensors = readable(damagedFile);
            // Entries of a zip have checksums; the older format has none.
            if (name === 'beside-legacy.pth') return;
            for (const [key, tensor] of Object.entries(tensors)) expect(tensor).toEqual(whole[key]);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }),
        { numRuns: 300, seed: 17 },
      );
    });

    it('cut anywhere, it is refused', () => {
      fc.assert(
        fc.property(fc.nat(original.length - 1), (length) => {
          writeFileSync(damagedFile, original.subarray(0, length));
          expect(() => openPyTorch(damagedFile)).toThrow(UserError);
        }),
        { numRuns: 150, seed: 17 },
      );
    });
  });

  it('a legacy file that is cut says how long it should be', () => {
    const original = readFileSync(testFile('beside-legacy.pth'));
    const path = join(dir, 'cut.pth');
    writeFileSync(path, original.subarray(0, -1));
    const expected = `cut off: ${path} has ${original.length - 1} bytes, expected ${original.length}. copy the file again`;
    expect(() => openPyTorch(path)).toThrow(expected);
  });
});
