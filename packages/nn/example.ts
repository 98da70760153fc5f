// SimCLR's train step as one compiled graph: a network, its projection head, NT-Xent and LARS.
import { definitions, initTrainState, type TrainStepArgs } from '@simclr/nn';
import { compile } from '@simclr/tensorflow';

const args: TrainStepArgs = {
  network: { depth: 10, width: 4, stem: 'cifar', channels: 3 },
  head: { kind: 'nonlinear', layers: 2, outDim: 16 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4 },
  batch: 4,
  inputShape: [8, 8, 3],
};
const step = await compile({ module: definitions, export: 'trainStep', args });
step.write(initTrainState(args, 1));
const views = Float32Array.from({ length: 2 * 4 * 8 * 8 * 3 }, (_, i) => (i % 7) / 7);
console.log(Object.keys(step.run({ views, learningRate: Float32Array.of(0.1) })).includes('loss')); // true
step.dispose();
