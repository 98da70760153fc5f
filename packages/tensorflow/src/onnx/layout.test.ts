import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tf } from '../load.ts';
import { float32, sizeOf } from '../tensors.ts';
import { axisOf, entriesOf, TO_NCHW, TO_NHWC, TO_OIHW, transpose } from './layout.ts';

it('transposes as TensorFlow does', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(shape, fc.constantFrom(TO_NCHW, TO_NHWC, TO_OIHW), (sizes, permutation) => {
      const x = float32(
        sizes,
        Float32Array.from({ length: sizeOf(sizes) }, (_, i) => i),
      );
      tf.tidy(() => {
        const expected = tf.transpose(tf.tensor(x.data, sizes), [...permutation]);
        expect(transpose(x, permutation)).toEqual({
          shape: expected.shape,
          dtype: 'float32',
          data: expected.dataSync(),
        });
      });
    }),
  );
});

it('moves the axes of images, and no others', () => {
  expect([0, 1, 2, 3].map((axis) => axisOf(axis, 4))).toEqual([0, 2, 3, 1]);
  expect(axisOf(-1, 4)).toBe(1);
  expect(axisOf(-1, 3)).toBe(2);
  expect(entriesOf(['n', 'h', 'w', 'c'])).toEqual(['n', 'c', 'h', 'w']);
  expect(entriesOf(['n', 'c'])).toEqual(['n', 'c']);
});
