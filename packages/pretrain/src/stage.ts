import { trainStepFlops } from '@simclr/nn/plan';
import { defineStage } from '@simclr/stage';
import { threadsWithinOp } from '@simclr/training/threads';
import { PretrainConfig } from './config.ts';
import { readInputs } from './inputs.ts';
import { stepArgs } from './step-args.ts';

/** SimCLR pretraining (Algorithm 1). TensorFlow is loaded when the stage runs, not when its config is checked. */
export default defineStage({
  name: 'pretrain',
  config: PretrainConfig,
  async run(context) {
    const { config, inputs } = context;
    const { shape } = readInputs(inputs, config).views;
    // Before TensorFlow is loaded: it reads its environment then.
    const threads = threadsWithinOp(
      trainStepFlops({ ...stepArgs(config, shape), batch: config.chunk ?? config.batch }),
    );
    if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    return (await import('./pretrain.ts')).pretrain(context);
  },
});
