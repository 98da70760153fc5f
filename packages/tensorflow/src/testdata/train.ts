// Writes the state after some steps of `smallStep` to standard output, float32. Arguments: precision, the cache folder, steps.
import { compile, float32, type Precision, sizeOf } from '../index.ts';

const [precision, cache, steps] = process.argv.slice(2) as [Precision, string, string];
const reference = { module: import.meta.resolve('./definitions.ts'), export: 'smallStep', args: { batch: 64 } };
const step = await compile(reference, { precision, cache });
const values = (size: number, seed: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 1.7 * i));
const state = Object.entries(step.info.state).map(([name, spec], i) => {
  const shape = spec.shape as number[];
  return [name, float32(shape, values(sizeOf(shape), i))] as const;
});
step.write(Object.fromEntries(state));
for (let i = 0; i < Number(steps); i++) {
  const labels = Int32Array.from({ length: 64 }, (_, row) => (row + i) % 4);
  step.run({ x: values(64 * 8 * 8 * 2, i), labels, learningRate: Float32Array.of(0.05) });
}
for (const { data } of Object.values(step.read())) process.stdout.write(new Uint8Array(data.buffer));
