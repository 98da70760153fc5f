// A compiled training step with five metrics of each logged, or with none. Argument: OurTrackedStep as JSON. Prints Measured.
import { start } from '@simclr/mlflow';
import { definitions, initTrainState, type TrainStepArgs } from '@simclr/nn';
import { compile, feedBuffer, sizeOf } from '@simclr/tensorflow';
import { peakMB } from './peak-memory.ts';

export interface OurTrackedStep {
  args: TrainStepArgs;
  steps: number;
  /** Undefined: nothing is logged. */
  tracked?: { trackingUri: string; dir: string };
}

const { args, steps, tracked } = JSON.parse(process.argv[2]!) as OurTrackedStep;
const step = await compile({ module: definitions, export: 'trainStep', args }, { precision: 'fp32' });
step.write(initTrainState(args, 1));
const views = feedBuffer(2 * args.batch * sizeOf(args.inputShape));
for (let i = 0; i < views.length; i++) views[i] = ((i * 2_654_435_761) % 4096) / 4096;
const learningRate = Float32Array.of(0.03);
step.run({ views, learningRate });
const run = tracked && (await start({ experiment: 'bench', name: 'step', ...tracked }));
const seconds: number[] = [];
for (let i = 0; i < steps; i++) {
  const started = performance.now();
  step.run({ views, learningRate });
  run?.metrics({ loss: 1 / (i + 1), accuracy: 0.5, lr: 0.03, norm: 1, entropy: 2 }, i);
  seconds.push((performance.now() - started) / 1000);
}
await run?.end();
console.log(JSON.stringify({ seconds, rssMB: peakMB() }));
