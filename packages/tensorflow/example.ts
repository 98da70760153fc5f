// A pure function over named tensors becomes one graph, its state inside.
import { compile, float32, type StepDefinition, tf } from '@simclr/tensorflow';

/** @traced */
export const add = (): StepDefinition => ({
  state: { sum: { shape: [2], dtype: 'float32' } },
  inputs: { x: { shape: [2], dtype: 'float32' } },
  step({ sum }, { x }) {
    const next = tf.add(sum!, x!);
    return { state: { sum: next }, outputs: { sum: next } };
  },
});

// The child process that traces imports this file too, for `add`.
if (import.meta.main) {
  const graph = await compile({ module: import.meta.url, export: 'add', args: null });
  graph.write({ sum: float32([2], Float32Array.of(1, 1)) });
  graph.run({ x: Float32Array.of(1, 2) });
  console.log(graph.run({ x: Float32Array.of(1, 2) }).sum!.data); // Float32Array(2) [ 3, 5 ]
  graph.dispose();
}
