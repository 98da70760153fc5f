import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_WEIGHTS, type EncoderInfo } from '@simclr/artifacts';
import {
  encodeDefinition,
  encoderFlops,
  type HeadConfig,
  headOfWeights,
  initTapped,
  loadSafetensors,
  type ResNetConfig,
  tapLayer,
} from '@simclr/nn';
import { FEATURES_TAP, type Tap } from '@simclr/nn/plan';
import { UserError } from '@simclr/stage';
import { type Compiled, compile, sizeOf, type Tree } from '@simclr/tensorflow';
import type { Embedder, Encoder } from './encoder.ts';
import { hashWeights } from './hash-weights.ts';

/** Where in an encoder features are taken from; h by default. */
export interface Tapped {
  tap: Tap;
  /** The projection head that follows, where the tap is in it. */
  head?: HeadConfig | undefined;
}

/**
 * Opens a network of ours.
 *
 * @param batch images at a time
 * @throws UserError where its weights are missing or damaged, or there is no such tap
 */
export async function openResnetEncoder(folder: string, info: EncoderInfo, batch: number, tap: Tap): Promise<Encoder> {
  const encoder = loadSafetensors(join(folder, ENCODER_WEIGHTS.encoder)).tensors;
  const { head, tensors } = readHead(folder, tap);
  const args = { network: info.architecture, inputShape: info.inputShape, tap, head };
  const graph = await compile({ module: encodeDefinition, export: 'encode', args }, { precision: info.precision });
  return resnetEncoder(info, { ...encoder, ...tensors }, graph, { batch, tapped: { tap, head } });
}

/** The projection head up to a tap in it; nothing for another tap. */
function readHead(folder: string, tap: Tap): { head?: HeadConfig; tensors?: Tree } {
  if (!tap.startsWith(HEAD)) return {};
  const file = join(folder, ENCODER_WEIGHTS.projection);
  if (!existsSync(file))
    throw new UserError(`no such tap: ${tap}. the encoder has no projection head: ${file} is missing`);
  const { tensors } = loadSafetensors(file);
  const head = headOfWeights(tensors);
  const layer = tapLayer({ head, tap });
  const needed = Object.entries(tensors).filter(([name]) => Number(/^head\/layer(\d+)\//.exec(name)?.[1]) <= layer);
  return { head, tensors: Object.fromEntries(needed) };
}

/**
 * The features of a compiled `encode`, with the weights that are written to it.
 * @param batch images at a time
 */
export function graphEmbedder(graph: Pick<Compiled, 'info' | 'run'>, batch = Number.POSITIVE_INFINITY): Embedder {
  const featureDim = graph.info.outputs.features!.shape[1]!;
  const size = sizeOf(graph.info.inputs.images!.shape.slice(1).map((side) => side!));
  const run = (images: Float32Array) => graph.run({ images }).features!.data as Float32Array;
  return {
    featureDim,
    async embed(images, told) {
      const rows = images.length / size;
      if (rows <= batch) return run(images);
      const features = new Float32Array(rows * featureDim);
      for (let from = 0; from < rows; from += batch) {
        features.set(run(images.subarray(from * size, (from + batch) * size)), from * featureDim);
        await told?.(Math.min(rows, from + batch));
      }
      return features;
    },
  };
}

const HEAD = 'proj_head_';
const STATISTICS = /\/moving_(mean|variance)$/;

/** Without the projection head: the same encoder at any tap. */
const ofEncoder = (weights: Tree): Tree =>
  Object.fromEntries(Object.entries(weights).filter(([name]) => !name.startsWith('head/')));

/** An encoder of its weights, and of the graph that all weights of its architecture run in. */
export function resnetEncoder(
  info: EncoderInfo,
  weights: Tree,
  graph: Compiled,
  { batch, tapped = { tap: FEATURES_TAP } }: { batch?: number; tapped?: Tapped } = {},
): Encoder {
  const { featureDim, embed } = graphEmbedder(graph, batch);
  let held: Tree | undefined;
  const hold = (tree: Tree) => {
    if (held !== tree) graph.write(tree);
    held = tree;
  };
  const of = (tree: Tree): Embedder => ({
    featureDim,
    async embed(images, told) {
      hold(tree);
      return embed(images, async (done) => {
        await told?.(done);
        hold(tree); // Others may have had their turn.
      });
    },
  });
  const { inputShape, preprocessing, dataset, architecture } = info;
  const encoder = ofEncoder(weights);
  const trained = Object.entries(encoder).filter(([name]) => !STATISTICS.test(name));
  return {
    ...of(weights),
    inputShape,
    preprocessing,
    stated: false,
    imported: info.policy === 'imported',
    dataset,
    ...(tapped.tap !== FEATURES_TAP && { tap: tapped.tap }),
    parameters: trained.reduce((sum, [, { data }]) => sum + data.length, 0),
    flops: encoderFlops(architecture, inputShape, tapped.tap),
    digest: hashWeights(encoder),
    async currentDigest() {
      hold(weights);
      return hashWeights(ofEncoder(graph.read()));
    },
    untrained: (seed) => of(untrainedWeights(architecture, seed, tapped)),
    dispose: () => graph.dispose(),
  };
}

/**
 * The baseline network: the same architecture with kernels drawn anew and nothing trained. All batch-norm scales are 1
 * and the statistics initial: on held-out Fashion-MNIST the strongest of four (83 %, two seeds; with statistics estimated
 * on 2,000 training images 70 %; with the last scale of each block at 0, as training starts, 60 % and 62 %).
 */
export function untrainedWeights(network: ResNetConfig, seed: number, tapped?: Tapped): Tree {
  const { params, stats } = initTapped({ network, ...tapped }, seed);
  for (const [name, { data }] of Object.entries(params)) if (name.endsWith('/gamma')) data.fill(1);
  return { ...params, ...stats };
}
