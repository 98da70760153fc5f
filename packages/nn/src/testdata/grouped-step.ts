// What the chunked step must equal: a step through the whole batch at once, with batch norm by groups of a chunk.
import { type StepDefinition, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import type { ChunkedStepArgs } from '../chunked-step.ts';
import { gradientsOf, pick } from '../gradients.ts';
import { contrastiveLoss } from '../losses/objective.ts';
import { initVariables, probeFeatures, project, trainStep, update } from '../train-step.ts';

type Tensor = TensorFlow.Tensor;

/** Rows of both views of the k-th chunk, out of [2N, …]. */
export function chunkOf({ batch, chunk }: ChunkedStepArgs, x: Tensor, k: number): Tensor {
  const rest = x.shape.slice(1);
  const view = (at: number) => tf.slice(x, [at, ...rest.map(() => 0)], [chunk, ...rest]);
  return tf.concat([view(k * chunk), view(batch + k * chunk)]);
}

/** From chunk by chunk to [first views; second views]. */
export function gatherChunks(chunks: Tensor[]): Tensor {
  const halves = chunks.map((z) => tf.split(z, 2));
  return tf.concat([0, 1].flatMap((view) => halves.map((half) => half[view]!)));
}

/** Inputs and state of `trainStep`; of its outputs `loss` and `contrastAcc`. */
export function groupedStep(args: ChunkedStepArgs): StepDefinition {
  const { params, stats } = initVariables(args, undefined);
  const numbers = Array.from({ length: args.batch / args.chunk }, (_, k) => k);
  const { state: specs, inputs } = trainStep(args);
  return {
    state: specs,
    inputs,
    step(state, { views, labels, learningRate }) {
      let moved: Tensors = {};
      const { gradients, aux } = gradientsOf(pick(state, Object.keys(params)), (current) => {
        const moving = pick(state, Object.keys(stats));
        const passes = numbers.map((k) => project(args, current, moving, chunkOf(args, views!, k)));
        const mean = (name: string) => tf.keep(tf.mean(tf.stack(passes.map((pass) => pass.stats[name]!)), 0));
        moved = Object.fromEntries(Object.keys(stats).map((name) => [name, mean(name)]));
        const { loss, contrastAcc } = contrastiveLoss(gatherChunks(passes.map(({ z }) => z)), args.objective);
        const metrics = { loss, contrastAcc };
        if (!args.probe) return { loss, aux: metrics };
        const features = gatherChunks(passes.map((pass) => pass.features));
        return { loss: tf.add(loss, probeFeatures(current, features, labels!).supervisedLoss), aux: metrics };
      });
      return { state: update(args, state, gradients, moved, learningRate!), outputs: aux };
    },
  };
}
