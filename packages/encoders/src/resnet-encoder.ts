import { join } from 'node:path';
import { ENCODER_WEIGHTS, type EncoderInfo, readEncoderInfo } from '@simclr/artifacts';
import { encodeDefinition, initResNet, loadSafetensors, type ResNetConfig } from '@simclr/nn';
import { type Compiled, compile, type Tree } from '@simclr/tensorflow';
import type { Embedder, Encoder } from './encoder.ts';
import { hashWeights } from './hash-weights.ts';

/**
 * Opens an encoder of the stage `pretrain`, or of `npm run import`.
 *
 * @throws UserError where a file is missing or damaged
 */
export async function openEncoder(folder: string): Promise<Encoder> {
  const info = readEncoderInfo(folder);
  const weights = loadSafetensors(join(folder, ENCODER_WEIGHTS.encoder)).tensors;
  const args = { network: info.architecture, inputShape: info.inputShape };
  const graph = await compile({ module: encodeDefinition, export: 'encode', args }, { precision: info.precision });
  return resnetEncoder(info, weights, graph);
}

/** The features of a compiled `encode`, with the weights that are written to it. */
export function graphEmbedder(graph: Pick<Compiled, 'info' | 'run'>): Embedder {
  return {
    featureDim: graph.info.outputs.features!.shape[1]!,
    embed: (images) => graph.run({ images }).features!.data as Float32Array,
  };
}

const STATISTICS = /\/moving_(mean|variance)$/;

/** An encoder of its weights, and of the graph that all weights of its architecture run in. */
export function resnetEncoder(info: EncoderInfo, weights: Tree, graph: Compiled): Encoder {
  const { featureDim, embed } = graphEmbedder(graph);
  let held: Tree | undefined;
  const hold = (tree: Tree) => {
    if (held !== tree) graph.write(tree);
    held = tree;
  };
  const of = (tree: Tree): Embedder => ({
    featureDim,
    embed(images) {
      hold(tree);
      return embed(images);
    },
  });
  const { inputShape, preprocessing, dataset, architecture } = info;
  const trained = Object.entries(weights).filter(([name]) => !STATISTICS.test(name));
  return {
    ...of(weights),
    inputShape,
    preprocessing,
    dataset,
    parameters: trained.reduce((sum, [, { data }]) => sum + data.length, 0),
    digest: hashWeights(weights),
    currentDigest() {
      hold(weights);
      return hashWeights(graph.read());
    },
    untrained: (seed) => of(untrainedWeights(architecture, seed)),
    dispose: () => graph.dispose(),
  };
}

/**
 * The baseline network: the same architecture with kernels drawn anew and nothing trained. All batch-norm scales are 1
 * and the statistics initial: on held-out Fashion-MNIST the strongest of four (83 %, two seeds; with statistics estimated
 * on 2,000 training images 70 %; with the last scale of each block at 0, as training starts, 60 % and 62 %).
 */
export function untrainedWeights(architecture: ResNetConfig, seed: number): Tree {
  const { params, stats } = initResNet(architecture, seed);
  for (const [name, { data }] of Object.entries(params)) if (name.endsWith('/gamma')) data.fill(1);
  return { ...params, ...stats };
}
