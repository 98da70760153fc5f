import type { GraphEncoderInfo } from '@simclr/artifacts';
import type { Encoder } from '../encoder.ts';
import { relativeDifference } from './examine.ts';
import { foreignEmbedder } from './foreign-embedder.ts';
import type { GraphSession } from './graph-session.ts';
import { probeImages } from './probe-images.ts';

/** A graph of another program, opened. */
export interface OpenGraph {
  session: GraphSession;
  /** Of the bytes of its files, as they are now. */
  digest(): string;
  /** The same graph with weights drawn anew; absent where it cannot be drawn. */
  redrawn?(seed: number): Promise<GraphSession>;
}

/** Of the largest feature: what the same graph may change from run to run. */
const SAME = 1e-5;

/** An encoder of a graph. @param batch images at a time, where the graph takes any number */
export async function graphEncoder(info: GraphEncoderInfo, graph: OpenGraph, batch: number): Promise<Encoder> {
  const { inputShape, preprocessing, dataset, parameters, flops } = info;
  const digest = graph.digest();
  const { featureDim, embed } = foreignEmbedder(info, graph.session, batch);
  const images = probeImages(2, inputShape);
  const before = await embed(images);
  const drawn: GraphSession[] = [];
  const { redrawn } = graph;
  return {
    featureDim,
    embed,
    inputShape,
    preprocessing,
    stated: true,
    imported: true,
    dataset,
    parameters,
    flops,
    digest,
    async currentDigest() {
      // Of a graph in a session no weights can be read: whether it still computes the same shows that they are the same.
      const same = relativeDifference(before, await embed(images)) <= SAME;
      return same ? graph.digest() : `${digest} with other features`;
    },
    ...(redrawn && {
      untrained(seed) {
        const opened = redrawn(seed).then((session) => {
          drawn.push(session);
          return foreignEmbedder(info, session, batch);
        });
        return { featureDim, embed: async (...images) => (await opened).embed(...images) };
      },
    }),
    dispose() {
      for (const session of [graph.session, ...drawn]) session.dispose();
    },
  };
}
