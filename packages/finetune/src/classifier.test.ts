import { initSupervisedState, type SupervisedStepArgs } from '@simclr/nn';
import { addressed } from '@simclr/stage';
import { evaluationImages } from '@simclr/views';
import { expect, it } from 'vitest';
import { openClassifier } from './classifier.ts';

it('judges an image by moving averages: whatever other images are with it', async () => {
  const args: SupervisedStepArgs = {
    network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
    ...{ classes: 3, batch: 4, inputShape: [8, 8, 1] },
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
  };
  const random = addressed(1);
  const data = Uint8Array.from({ length: 20 * 64 }, () => 256 * random.next());
  const classes = ['a', 'b', 'c'];
  const images = evaluationImages(
    { data, shape: [8, 8, 1], labels: new Int32Array(20), classes, rows: 20, digest: '' },
    '',
    0,
  );
  const { network, inputShape } = args;
  const classifier = await openClassifier({ network, classes: 3, inputShape }, 'fp32');
  const state = initSupervisedState(args, 1);
  const all = await classifier.logits(state, images);
  const alone = await classifier.logits(state, images, Uint32Array.of(7));
  for (const [i, logit] of alone.entries()) expect(logit).toBeCloseTo(all[3 * 7 + i]!, 5);
  // In training mode a single image of a class of its own would be normalised by itself.
  const state2 = {
    ...state,
    'stem/bn1/moving_mean': { ...state['stem/bn1/moving_mean']!, data: new Float32Array(4).fill(1) },
  };
  expect(await classifier.logits(state2, images)).not.toEqual(all);
  classifier.dispose();
});
