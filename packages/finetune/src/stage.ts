/**
 * The stage `finetune`: trains an encoder's whole network, or a part of it, on a dataset's labels, all or some.
 * {@link ../example.ts} plans one.
 */
import { passOnMissing, readAnyEncoderInfo, whyUntrainable } from '@simclr/artifacts';
import { supervisedStepFlops } from '@simclr/nn/plan';
import { defineStage, inputFolder } from '@simclr/stage';
import { threadsWithinOp } from '@simclr/training/threads';
import { FinetuneConfig } from './config.ts';
import { omitAll } from './omit.ts';
import { requireUsed } from './require-used.ts';

/** Fine-tuning (section B.8), with some labels (B.5), or of the classifier alone (B.6). TensorFlow is loaded when the stage runs. */
export default defineStage({
  name: 'finetune',
  config: FinetuneConfig,
  async run(context) {
    if (passOnMissing(context)) return { metrics: {} };
    const { config, inputs } = context;
    requireUsed(config); // DVC by hand asks for no plan.
    const info = readAnyEncoderInfo(inputFolder(inputs, 'encoder'));
    if (info.format !== 'safetensors') return omitAll(context, info, whyUntrainable(info)!);
    const { architecture: network, inputShape } = info;
    // Before TensorFlow is loaded: it reads its environment then.
    const threads = threadsWithinOp(supervisedStepFlops({ network, inputShape, batch: config.grid.batch }));
    if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
    return (await import('./finetune.ts')).finetune(context);
  },
});
