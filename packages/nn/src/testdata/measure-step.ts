// Prints the bytes that a compiled train step adds to the process at its peak. Arguments: TrainStepArgs as JSON, precision.
import { compile, feedBuffer, type Precision, sizeOf } from '@simclr/tensorflow';
import { definitions, initTrainState, type TrainStepArgs } from '../definitions.ts';

const args = JSON.parse(process.argv[2]!) as TrainStepArgs;
const precision = process.argv[3] as Precision;
const step = await compile({ module: definitions, export: 'trainStep', args }, { precision });
const views = feedBuffer(2 * args.batch * sizeOf(args.inputShape)).map((_, i) => ((i * 2_654_435_761) % 4096) / 4096);
const before = process.memoryUsage.rss();
step.write(initTrainState(args, 1));
for (let i = 0; i < 3; i++) step.run({ views, learningRate: Float32Array.of(0.03) });
console.log(process.resourceUsage().maxRSS * 1024 - before);
