import { setImmediate as turn } from 'node:timers/promises';
import { type ClassifyArgs, classify, definitions } from '@simclr/nn';
import { compile, type Precision, type Tree } from '@simclr/tensorflow';
import type { EvaluationImages } from '@simclr/views';

/** A network with its classifier as it is evaluated: batch norm by its moving averages, whatever else is in the batch. */
export interface Classifier {
  /** The variables that it takes of a training's state. */
  readonly variables: readonly string[];
  /**
   * Logits of images, [rows, classes].
   * @param weights all of `variables`
   * @param rows of the images, all by default
   */
  logits(weights: Tree, images: EvaluationImages, rows?: Uint32Array): Promise<Float32Array>;
  dispose(): void;
}

export async function openClassifier(args: ClassifyArgs, precision: Precision): Promise<Classifier> {
  const graph = await compile({ module: definitions, export: classify.name, args }, { precision });
  const variables = Object.keys(graph.info.state);
  return {
    variables,
    async logits(weights, images, rows) {
      graph.write(Object.fromEntries(variables.map((name) => [name, weights[name]!])));
      const all = new Float32Array((rows?.length ?? images.rows) * args.classes);
      let at = 0;
      for await (const batch of images.batches(rows)) {
        const { data } = graph.run({ images: batch }).logits!;
        all.set(data as Float32Array, at);
        at += data.length;
        await turn(); // Signals and the journal have their turn.
      }
      return all;
    },
    dispose: () => graph.dispose(),
  };
}
