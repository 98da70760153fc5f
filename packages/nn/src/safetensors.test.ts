import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@simclr/stage';
import { float32, type Tree } from '@simclr/tensorflow';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSafetensors, openSafetensors, saveSafetensors } from './safetensors.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'safetensors-'));
  path = join(dir, 'x.safetensors');
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('safetensors', () => {
  it('gives back what was saved, bit for bit', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z/]{1,12}$/), fc.float32Array({ maxLength: 20 }), { maxKeys: 5 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { maxKeys: 3 }),
        (values, metadata) => {
          const tree = Object.fromEntries(
            Object.entries(values).map(([name, data]) => [name, float32([data.length], data)]),
          );
          saveSafetensors(path, tree, metadata);
          const loaded = loadSafetensors(path);
          expect(loaded.tensors).toEqual(tree);
          expect(loaded.metadata).toEqual({ ...metadata });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('reads half precision, bfloat16 and double', () => {
    const header = JSON.stringify({
      half: { dtype: 'F16', shape: [3], data_offsets: [0, 6] },
      brain: { dtype: 'BF16', shape: [2], data_offsets: [6, 10] },
      double: { dtype: 'F64', shape: [1], data_offsets: [10, 18] },
    });
    const data = Buffer.alloc(18);
    [0x3c00, 0xc500, 0x0001, 0x3f80, 0xc0a0].forEach((bits, i) => void data.writeUInt16LE(bits, 2 * i));
    data.writeDoubleLE(0.5, 10);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(path, Buffer.concat([length, Buffer.from(header), data]));
    const { tensors } = loadSafetensors(path);
    expect([...tensors.half!.data]).toEqual([1, -5, 2 ** -24]);
    expect([...tensors.brain!.data]).toEqual([1, -5]);
    expect([...tensors.double!.data]).toEqual([0.5]);
  });

  /** A file with this header and so many zero bytes of data. */
  function write(header: unknown, dataBytes: number): void {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  }
  const entry = (from: number, to: number, shape = [(to - from) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [from, to],
  });

  it('says in one line what is wrong with a file', () => {
    expect(() => loadSafetensors(path)).toThrow(`missing file: ${path}`);
    saveSafetensors(path, { a: float32([10]) });
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => loadSafetensors(path)).toThrow(/^cut off: .* has 39 bytes of tensors, expected 40\. /);
    writeFileSync(path, 'hello world, this is no tensor');
    expect(() => loadSafetensors(path)).toThrow(/^not a safetensors file, or cut off: /);
  });

  it.each<[string, unknown, number, RegExp]>([
    ['a list for a header', [], 0, /^not a safetensors file/],
    ['metadata that is not text', { __metadata__: { step: 3 } }, 0, /its metadata is not text$/],
    ['an entry without offsets', { a: { dtype: 'F32', shape: [1] } }, 4, /, tensor a$/],
    ['a negative size', { a: entry(0, 4, [-1]) }, 4, /, tensor a$/],
    ['a shape that its bytes do not fill', { a: entry(0, 8, [3]) }, 8, /, tensor a$/],
    ['overlapping tensors', { a: entry(0, 8), b: entry(4, 12) }, 12, /, tensor b$/],
    ['a gap', { a: entry(0, 4), b: entry(8, 12) }, 12, /, tensor b$/],
    ['bytes after the last tensor', { a: entry(0, 4) }, 7, /has 3 bytes that belong to no tensor$/],
    [
      'a type that we do not read',
      { a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } },
      4,
      /^unsupported type: F8_E4M3 of a in .* allowed: F32, /,
    ],
  ])('refuses %s', (_, header, dataBytes, message) => {
    write(header, dataBytes);
    expect(() => loadSafetensors(path)).toThrow(UserError);
    expect(() => loadSafetensors(path)).toThrow(message);
  });

  it('refuses an integer that int32 does not hold', () => {
    const header = Buffer.from(JSON.stringify({ n: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }));
    const [length, value] = [Buffer.alloc(8), Buffer.alloc(8)];
    length.writeBigUInt64LE(BigInt(header.length));
    value.writeBigInt64LE(2n ** 40n);
    writeFileSync(path, Buffer.concat([length, header, value]));
    expect(() => loadSafetensors(path)).toThrow(/^too large for int32: 1099511627776 in n of /);
  });

  it('reads one tensor beside others that it could not', () => {
    const entries = {
      n: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
      mask: { dtype: 'BOOL', shape: [4], data_offsets: [8, 12] },
      scale: { dtype: 'F8_E4M3', shape: [4], data_offsets: [12, 16] },
      constructor: { dtype: 'constructor', shape: [3], data_offsets: [16, 17] },
    };
    write({ __metadata__: null, a: entry(17, 25), ...entries }, 25);
    const { shapes, read, metadata } = openSafetensors(path);
    expect([...shapes.keys()]).toEqual(['a', 'n', 'mask', 'scale', 'constructor']);
    expect(metadata).toEqual({});
    expect(read('a')).toEqual(float32([2]));
    expect([...read('mask').data]).toEqual([0, 0, 0, 0]);
    expect(() => read('scale')).toThrow(/^unsupported type: F8_E4M3 of scale in /);
    expect(() => read('constructor')).toThrow(/^unsupported type: constructor of constructor in /);
  });

  it('never takes a file that was cut at any byte', () => {
    saveSafetensors(path, { a: float32([2], 1), b: float32([3], 2) }, { step: '3' });
    const whole = readFileSync(path);
    for (let bytes = 0; bytes < whole.length; bytes++) {
      writeFileSync(path, whole.subarray(0, bytes));
      expect(() => loadSafetensors(path), `${bytes} bytes`).toThrow(UserError);
    }
  });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));
const python = ['.venv-test', '.venv']
  .map((name) => join(root, name, 'bin/python'))
  .find((bin) => existsSync(bin) && spawnSync(bin, ['-c', 'import numpy, safetensors.numpy']).status === 0);
if (!python)
  console.warn('safetensors.test.ts: skipped beside Python: no venv with safetensors and numpy. run npm test');

// Reads our file and says what is in it; writes another with the types that we read and it has.
const SCRIPT = `
import json, sys
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file
ours, theirs = sys.argv[1:]
with safe_open(ours, 'np') as f:
    tensors = {name: f.get_tensor(name) for name in f.keys()}
    print(json.dumps({'metadata': f.metadata(), 'tensors': {
        name: [str(t.dtype), list(t.shape), t.ravel().tolist()] for name, t in tensors.items()}}))
x = np.array([[1.5, -2, 0.1], [3, 65504, 2.0 ** -24]])
save_file({'f64': x, 'f32': x.astype('f4'), 'f16': x.astype('f2'), 'i64': np.array([-7, 2 ** 31 - 1]),
    'i32': np.array([5], 'i4'), 'u8': np.array([255], 'u1'), 'empty': np.zeros((0, 3), 'f4')}, theirs, {'by': 'python'})
`;

describe.skipIf(!python)('beside Python’s safetensors', () => {
  it('each reads what the other wrote', () => {
    const values = Float32Array.of(1, -0.1, 1e-40, 3e38);
    const tree: Tree = {
      'group1/conv1/kernel': float32([2, 1, 2], values),
      iterations: { shape: [], dtype: 'int32', data: Int32Array.of(-3) },
    };
    saveSafetensors(path, tree, { format: 'simclr', note: 'τ = 0.5' });
    const theirs = join(dir, 'theirs.safetensors');
    const read = JSON.parse(execFileSync(python!, ['-c', SCRIPT, path, theirs], { encoding: 'utf8' }));
    expect(read.metadata).toEqual({ format: 'simclr', note: 'τ = 0.5' });
    expect(read.tensors).toEqual({
      'group1/conv1/kernel': ['float32', [2, 1, 2], [...values]],
      iterations: ['int32', [], [-3]],
    });
    const { tensors, metadata } = loadSafetensors(theirs);
    expect(metadata).toEqual({ by: 'python' });
    expect(tensors.f32).toEqual(float32([2, 3], Float32Array.of(1.5, -2, 0.1, 3, 65504, 2 ** -24)));
    expect(tensors.f64).toEqual(tensors.f32);
    expect([...tensors.f16!.data]).toEqual([1.5, -2, 0.0999755859375, 3, 65504, 2 ** -24]);
    expect([...tensors.i64!.data]).toEqual([-7, 2 ** 31 - 1]);
    expect([tensors.i32!.data[0], tensors.u8!.data[0]]).toEqual([5, 255]);
    expect(tensors.empty).toEqual(float32([0, 3]));
  });
});
