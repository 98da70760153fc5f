import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32 } from '@simclr/tensorflow';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSafetensors, saveSafetensors } from './safetensors.ts';

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

  it('says in one line what is wrong with a file', () => {
    expect(() => loadSafetensors(path)).toThrow(`missing file: ${path}`);
    saveSafetensors(path, { a: float32([10]) });
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => loadSafetensors(path)).toThrow(/^cut off or damaged: .*, tensor a$/);
    writeFileSync(path, 'hello world, this is no tensor');
    expect(() => loadSafetensors(path)).toThrow(/^not a safetensors file, or cut off: /);
  });
});
