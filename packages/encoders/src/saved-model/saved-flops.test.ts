import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readSavedModel } from './read-saved-model.ts';
import { savedFlops } from './saved-flops.ts';

/**
 * By TensorFlow 2.21.0, of which `saved_model.pb` is kept alone:
 *
 * ```python
 * class Net(tf.Module):
 *     def __init__(self):
 *         self.kernel, self.dense = tf.Variable(tf.random.normal([3, 3, 3, 8])), tf.Variable(tf.random.normal([8, 5]))
 *     @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], name='x')])
 *     def f(self, x):
 *         return tf.matmul(tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(x, self.kernel, 2, 'SAME')), [1, 2]), self.dense)
 * ```
 */
const { signatures, reached } = readSavedModel(fileURLToPath(new URL('testdata/product', import.meta.url)));
const nodes = reached(signatures.get('serving_default')!.outputs[0]!.tensor);

it('counts what the profiler of TensorFlow counts of the same file', () => {
  // float_operation: Conv2D 110592, MatMul 80.
  expect(savedFlops(nodes)).toBe(110_672);
});

it('does not guess where the shape of a kernel is not written', () => {
  const kernels = [...nodes.keys()].filter((name) => name.endsWith('ReadVariableOp'));
  expect(kernels.length).toBeGreaterThan(1);
  const without = new Map(nodes);
  without.delete(kernels[0]!);
  expect(savedFlops(without)).toBeNull();
});
