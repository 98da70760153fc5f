// Our side of train-step: the compiled step on one batch. Argument: OurStep as JSON. Prints Measured.
import { definitions, initTrainState, type TrainStepArgs } from '@simclr/nn';
import { compile, feedBuffer, measureGemmPeak, sizeOf } from '@simclr/tensorflow';
import { peakMB } from './peak-memory.ts';

export interface OurStep {
  args: TrainStepArgs;
  precision: 'fp32' | 'bf16';
  steps: number;
}

const { args, precision, steps } = JSON.parse(process.argv[2]!) as OurStep;
const step = await compile({ module: definitions, export: 'trainStep', args }, { precision });
step.write(initTrainState(args, 1));
const views = feedBuffer(2 * args.batch * sizeOf(args.inputShape));
for (let i = 0; i < views.length; i++) views[i] = ((i * 2_654_435_761) % 4096) / 4096;
const learningRate = Float32Array.of(0.03);
step.run({ views, learningRate });
const seconds: number[] = [];
for (let i = 0; i < steps; i++) {
  const started = performance.now();
  step.run({ views, learningRate });
  seconds.push((performance.now() - started) / 1000);
}
const rssMB = peakMB();
console.log(JSON.stringify({ seconds, rssMB, gemmPeak: measureGemmPeak(), parameters: countParameters() }));

/** Trained numbers, to compare the networks by. */
function countParameters(): number {
  const names = Object.keys(step.info.state).filter((name) => !/\/(Momentum|moving_mean|moving_variance)$/.test(name));
  return names.reduce((sum, name) => sum + sizeOf(step.info.state[name]!.shape as number[]), 0);
}
