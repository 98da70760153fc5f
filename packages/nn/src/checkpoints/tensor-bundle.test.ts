import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c, maskCrc } from './crc32c.ts';
import { openTensorBundle } from './tensor-bundle.ts';
import { flipped, readAll, testFile } from './testdata/files.ts';

const tf1 = testFile('tf1/model.ckpt-7');
const tf2 = testFile('tf2/variables/variables');

it('crc32c: the check value of its catalogue, in pieces too', () => {
  const text = Buffer.from('123456789');
  expect(crc32c(text)).toBe(0xe3069283);
  expect(crc32c(text.subarray(4), crc32c(text.subarray(0, 4)))).toBe(0xe3069283);
  // tsl/lib/hash/crc32c_test.cc: 32 zero bytes.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(maskCrc(0)).toBe(0xa282ead8);
});

describe('openTensorBundle', () => {
  it('lists a TF1 checkpoint, and reads its tensors', () => {
    const { shapes, read } = openTensorBundle(tf1);
    expect(shapes.get('base_model/conv2d/kernel')).toEqual([3, 3, 3, 1]);
    expect(shapes.get('head_contrastive/nl_2/dense/kernel')).toEqual([64, 8]);
    expect(shapes.get('global_step')).toEqual([]);
    expect(read('global_step')).toEqual({ shape: [], dtype: 'int32', data: Int32Array.of(0) });
    const slot = read('base_model/conv2d/kernel/Momentum');
    expect(slot.data).toEqual(new Float32Array(27));
  });

  it('names the variables of a SavedModel as their program did', () => {
    const { shapes } = openTensorBundle(tf2);
    expect(shapes.get('resnet/conv2d_fixed_padding/conv2d/kernel')).toEqual([3, 3, 3, 2]);
    expect(shapes.get('projection_head/nl_1/batch_norm_relu_22/sync_batch_normalization_22/moving_mean')).toEqual([8]);
    expect([...shapes.keys()].filter((name) => name.includes('.ATTRIBUTES'))).toEqual([]);
  });

  describe('damage', () => {
    const dir = mkdtempSync(join(tmpdir(), 'bundle-'));
    afterAll(() => rmSync(dir, { recursive: true }));
    const copy = join(dir, 'variables');
    const [index, data] = [`${copy}.index`, `${copy}.data-00000-of-00001`];
    let whole: ReturnType<typeof readAll>;
    const bytes: Record<string, Buffer> = {};
    beforeAll(() => {
      cpSync(testFile('tf2/variables'), dir, { recursive: true });
      whole = readAll(openTensorBundle(copy));
      for (const file of [index, data]) bytes[file] = readFileSync(file);
    });

    it.each([
      ['index', index],
      ['data', data],
    ])('of a byte of the %s changes nothing, or is told', (_, file) => {
      const original = bytes[file]!;
      fc.assert(
        fc.property(fc.nat(original.length - 1), (at) => {
          writeFileSync(file, flipped(original, at));
          try {
            expect(readAll(openTensorBundle(copy))).toEqual(whole);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }),
        { numRuns: 40 },
      );
      writeFileSync(file, original);
    });

    it('is told by name', () => {
      const at = bytes[data]!.length - 1;
      writeFileSync(data, flipped(bytes[data]!, at));
      expect(() => readAll(openTensorBundle(copy))).toThrow(
        /^damaged: .*variables, tensor .*\. copy the checkpoint again$/,
      );
      writeFileSync(data, bytes[data]!.subarray(0, at));
      expect(() => readAll(openTensorBundle(copy))).toThrow(
        /^cut off: .*data-00000-of-00001 has \d+ bytes, expected \d+$/,
      );
      rmSync(data);
      expect(() => readAll(openTensorBundle(copy))).toThrow(
        /^missing file: .*data-00000-of-00001\. it belongs to .*index$/,
      );
      writeFileSync(data, bytes[data]!);
    });

    it('cut anywhere, the index is refused', () => {
      fc.assert(
        fc.property(fc.nat(bytes[index]!.length - 1), (length) => {
          writeFileSync(index, bytes[index]!.subarray(0, length));
          expect(() => openTensorBundle(copy)).toThrow(UserError);
        }),
        { numRuns: 40 },
      );
      writeFileSync(index, bytes[index]!);
    });
  });
});
