import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressed, parseConfig } from '@simclr/stage';
import { compile, type TensorData, type Tree, tf } from '@simclr/tensorflow';
import { startDeviceLoader } from '@simclr/views';
import { afterAll, describe, expect, it } from 'vitest';
import { PretrainConfig } from './config.ts';
import { type DeviceStepArgs, deviceStep, deviceSteps } from './device-step.ts';
import { learningTask } from './learning-task.ts';
import { relL2 } from './testdata/rel-l2.ts';

const image = [10, 8, 3] as const;
const random = addressed(4);
const rows = 24;
const images = { data: Uint8Array.from({ length: rows * 240 }, () => 256 * random.next()), shape: image, rows };
const policy = 'crop(to=8)|flip|jitter(0.5)|grayscale|blur(kernel=3) / crop(to=8,resize=antialias)|flip|solarize';
const batch = 8;
const cache = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(cache, { recursive: true }));

const tensorOf = ({ data, shape, dtype }: TensorData) => tf.tensor(data, shape, dtype);
const dataOf = (tensor: ReturnType<typeof tensorOf>): TensorData => ({
  shape: tensor.shape,
  dtype: tensor.dtype as 'float32',
  data: tensor.dataSync() as Float32Array,
});

/** So small a network amplifies: views that differ by 5·10⁻⁷ change its state by 10⁻⁵ in one step, by 10⁻⁴ in two. */
const TOLERANCE = 1e-4;

describe.each([
  ['contrastive, with a probe and averages', { onlineProbe: true, ema: 0.9 }],
  ['supervised', { objective: { kind: 'supervised' } }],
])('deviceStep, %s', (_, changes) => {
  it('compiled equals eager, at the first step and the second', async () => {
    const given = { dataset: 'x', network: { depth: 10, width: 4 }, head: { outDim: 8 }, batch, ...changes };
    const task = learningTask(parseConfig(PretrainConfig, given, 'pretrain', 'test.json'), [8, 8, 3], 3);
    const args: DeviceStepArgs = { step: task.step, views: task.views, policy, image };
    const graph = await compile({ module: deviceSteps, export: 'deviceStep', args }, { cache });
    const definition = deviceStep(args);
    expect(definition.inputs).not.toHaveProperty(task.views);
    let state: Tree = task.initialState(1);
    graph.write(state);
    const loader = startDeviceLoader({ images, policy, seed: 1, batch, totalSteps: 2 });
    for (const step of [0, 1]) {
      const { images: chosen, ...made } = await loader.next(step);
      const labels = task.feed(() => Int32Array.from(chosen, (row) => row % 3));
      const fed = { ...made, ...labels, learningRate: Float32Array.of(0.1) };
      const outputs = graph.run(fed);
      const inputs = Object.entries(fed).map(([name, data]) => {
        const { shape, dtype } = definition.inputs[name]!;
        return [name, tensorOf({ data, shape: shape as number[], dtype })] as const;
      });
      const tensors = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, tensorOf(value)]));
      const eager = definition.step(tensors, Object.fromEntries(inputs));
      for (const [name, value] of Object.entries(eager.outputs))
        expect(relL2(outputs[name]!.data, dataOf(value).data), `${name}, step ${step}`).toBeLessThan(TOLERANCE);
      state = { ...state, ...Object.fromEntries(Object.entries(eager.state!).map(([n, t]) => [n, dataOf(t)])) };
      for (const [name, { data }] of Object.entries(graph.read()))
        expect(relL2(data, state[name]!.data), `${name}, step ${step}`).toBeLessThan(TOLERANCE);
    }
    await loader.close();
    graph.dispose();
  });
});
