import { type ChunkedStepArgs, definitions, initSums } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import {
  type CompileOptions,
  feedBuffer,
  startSession,
  type TensorData,
  type ThreadSession,
  type Tree,
} from '@simclr/tensorflow';

const dataOf = (tree: Tree) => Object.fromEntries(Object.entries(tree).map(([name, { data }]) => [name, data]));

/**
 * The train step chunk by chunk (gradient caching; `ChunkedStepArgs` says what it equals), behind the interface of a
 * session of `trainStep`: the same inputs, outputs and state. A step is two forward passes and one backward pass, with
 * the activations of one chunk in memory.
 *
 * @throws UserError where `chunk` does not divide `batch`, and what `startSession` throws
 */
export async function startChunkedSession(args: ChunkedStepArgs, options: CompileOptions = {}): Promise<ThreadSession> {
  const { batch, chunk, probe, inputShape } = args;
  if (batch % chunk !== 0) throw new UserError(`invalid chunk: ${chunk}. it must divide the batch of ${batch}`);
  const start = (name: string) => startSession({ module: definitions, export: name, args }, options);
  const [embed, embeddingLoss, accumulate, applyUpdate] = await Promise.all([
    start('embed'),
    start('embeddingLoss'),
    start('accumulate'),
    start('applyUpdate'),
  ]);
  const firsts = Array.from({ length: batch / chunk }, (_, k) => k * chunk);
  const zeroSums = initSums(args);
  await accumulate.write(zeroSums);
  const sumNames = Object.keys(zeroSums);
  const weightNames = Object.keys(accumulate.info.state).filter((name) => name in applyUpdate.info.state);

  const pixels = inputShape.reduce((product, n) => product * n, 1);
  const dim = embeddingLoss.info.inputs.z!.shape[1]!;
  const z = feedBuffer(2 * batch * dim);
  const [chunkViews, chunkGradient] = [feedBuffer(2 * chunk * pixels), feedBuffer(2 * chunk * dim)];
  /** Copies a chunk's rows of both views, `size` values each, out of [2N, …]. */
  const take = (chunkRows: Float32Array, all: Float32Array, first: number, size: number) => {
    for (const view of [0, 1]) {
      const from = (view * batch + first) * size;
      chunkRows.set(all.subarray(from, from + chunk * size), view * chunk * size);
    }
    return chunkRows;
  };

  /** Gives weights to the passes over the network, which have copies of the optimizer's. */
  const share = (state: Tree) =>
    Promise.all(
      [embed, accumulate].map((session) =>
        session.write(Object.fromEntries(Object.entries(state).filter(([name]) => name in session.info.state))),
      ),
    );

  async function embedAll(views: Float32Array): Promise<void> {
    for (const first of firsts) {
      const part = (await embed.run({ views: take(chunkViews, views, first, pixels) })).z!.data as Float32Array;
      for (const view of [0, 1]) {
        z.set(part.subarray(view * chunk * dim, (view + 1) * chunk * dim), (view * batch + first) * dim);
      }
    }
  }

  /** @returns means over the chunks of what a probe gives */
  async function accumulateAll(views: Float32Array, gradient: Float32Array, labels: Int32Array | undefined) {
    const means: Record<string, TensorData> = {};
    for (const first of firsts) {
      const outputs = await accumulate.run({
        views: take(chunkViews, views, first, pixels),
        gradient: take(chunkGradient, gradient, first, dim),
        keep: Float32Array.of(first > 0 ? 1 : 0),
        ...(labels ? { labels: labels.slice(first, first + chunk) } : {}),
      });
      for (const name of probe ? ['supervisedLoss', 'supervisedAcc'] : []) {
        const value = (outputs[name]!.data[0]! * chunk) / batch;
        means[name] = { shape: [], dtype: 'float32', data: Float32Array.of((means[name]?.data[0] ?? 0) + value) };
      }
    }
    return means;
  }

  return {
    info: applyUpdate.info,
    async run({ views, learningRate, labels }) {
      await embedAll(views as Float32Array);
      const { gradient, ...outputs } = await embeddingLoss.run({ z });
      const supervised = await accumulateAll(
        views as Float32Array,
        gradient!.data as Float32Array,
        labels as Int32Array | undefined,
      );
      const sums = dataOf(await accumulate.read(sumNames));
      const { gradNorm } = await applyUpdate.run({ ...sums, learningRate: learningRate! });
      await share(await applyUpdate.read(weightNames));
      return { ...outputs, ...supervised, gradNorm: gradNorm! };
    },
    read: (names) => applyUpdate.read(names),
    async write(state) {
      await applyUpdate.write(state);
      await share(state);
    },
    async dispose() {
      await Promise.all([embed, embeddingLoss, accumulate, applyUpdate].map((session) => session.dispose()));
    },
  };
}
