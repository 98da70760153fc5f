import { AddressedStream } from '@simclr/stage';
import { encodedViews } from './encoded-views.ts';
import { forBoth, pairShape, parsePair } from './pair.ts';
import type { TaskRunner, ViewSource } from './view-source.ts';
import { compileViews } from './views.ts';

/** A view is a pure function of (its policy, seed, epoch, image, view number): who makes it, and when, does not matter. */
export function taskRunner({ images, policy, ...rest }: ViewSource): TaskRunner {
  const { seed, batch, views, ring } = rest;
  const pair = parsePair(policy);
  if (!images.shape) return encodedViews(images, { ...rest, pair });
  const { shape, data } = images;
  const makeView = forBoth(pair, (each) => compileViews(each, shape));
  const imageSize = shape[0] * shape[1] * shape[2];
  const [height, width, channels] = pairShape(pair, images);
  const size = height * width * channels;
  const random = new AddressedStream();
  return ({ slot, from, to, images, epochs }) => {
    for (let i = from; i < to; i++) {
      const image = images[i]!;
      for (const view of [0, 1].slice(0, views)) {
        const out = (view * batch + i) * size;
        makeView[view]!(data, image * imageSize, ring[slot]!, out, random.seek(seed, epochs[i]!, image, view));
      }
    }
  };
}
