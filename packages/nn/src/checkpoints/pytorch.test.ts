import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readPickle } from './pickle.ts';
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
    const tensors = Object.entries(readAll(openPyTorch(kinds)));
    expect(Object.fromEntries(tensors.map(([name, { shape, data }]) => [name, [shape, [...data]]]))).toEqual(expected);
    expect(tensors.filter(([, { dtype }]) => dtype === 'int32').map(([name]) => name)).toEqual(['long', 'int']);
  });

  it('runs nothing: a pickle that calls os.system is refused', () => {
    expect(() => openPyTorch(testFile('foreign.pth'))).toThrow(
      /^refused to load: .*foreign\.pth names posix\.system, and nothing but tensors is read\. save its state_dict alone: /,
    );
    expect(existsSync('executed')).toBe(false);
  });

  it('says how to save a file from before torch 1.6 again', () => {
    expect(() => openPyTorch(testFile('legacy.pth'))).toThrow(
      /^not a zip archive: .*legacy\.pth\. if torch before 1\.6 wrote it, save it again with a newer one: torch\.save\(/,
    );
  });

  const damagedFile = join(dir, 'damaged.pth');
  const original = readFileSync(kinds);
  const whole = readAll(openPyTorch(kinds));

  it('a byte turned over changes nothing, or is told', () => {
    fc.assert(
      fc.property(fc.nat(original.length - 1), (at) => {
        writeFileSync(damagedFile, flipped(original, at));
        try {
          const tensors = readAll(openPyTorch(damagedFile));
          for (const [name, tensor] of Object.entries(tensors)) expect(tensor).toEqual(whole[name]);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('cut anywhere, a file is refused', () => {
    fc.assert(
      fc.property(fc.nat(original.length - 1), (length) => {
        writeFileSync(damagedFile, original.subarray(0, length));
        expect(() => openPyTorch(damagedFile)).toThrow(UserError);
      }),
      { numRuns: 100 },
    );
  });
});

describe('readPickle', () => {
  const read = (bytes: Uint8Array) => readPickle(bytes, 'x', new Map(), () => null);

  it('whatever the bytes, gives data or says why not', () => {
    const protocol2 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(0x80, 2, ...bytes));
    fc.assert(
      fc.property(protocol2, (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('knows the opcodes of torch.save and no others', () => {
    const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
    expect(read(bytes('\x80\x02(K\x01J\xff\xff\xff\xff\x8a\x06\0\0\0\0\0\x01G?\xe0\0\0\0\0\0\0\x88Nt.'))).toEqual([
      1,
      -1,
      2 ** 40,
      0.5,
      true,
      null,
    ]);
    // INST makes an object of a class, GLOBAL names one.
    expect(() => read(bytes('\x80\x02(ios\nsystem\n.'))).toThrow(/^unsupported pickle: opcode 0x69 in x\. save /);
    expect(() => read(bytes('\x80\x02cbuiltins\neval\n.'))).toThrow(/^refused to load: x names builtins\.eval, /);
    expect(() => read(bytes('\x80\x04.'))).toThrow(/^unsupported pickle: x\. allowed: protocol 2, /);
  });
});
