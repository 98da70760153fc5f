import { join } from 'node:path';
import { definitions, featureDim, saveSafetensors, trainSteps } from '@simclr/nn';
import { extractFeatures } from '@simclr/probe';
import { loadInput } from '@simclr/shards';
import { inputFolder, type StageContext, type StageResult, writeJson } from '@simclr/stage';
import { compile, machineParams } from '@simclr/tensorflow';
import { readCheckpoint } from './checkpoint.ts';
import type { PretrainConfig } from './config.ts';
import { learningTask } from './learning-task.ts';
import { makeMonitor } from './monitor.ts';
import { precisionFor } from './precision.ts';
import { startStep } from './start-step.ts';
import { readPolicy } from './step-args.ts';
import { train } from './train.ts';

/** Pretrains an encoder and writes it, its projection head, and its curves. */
export async function pretrain(context: StageContext<PretrainConfig>): Promise<StageResult> {
  const { config, inputs, out, work, log, seed } = context;
  const { policy, shape } = readPolicy(inputFolder(inputs, 'augment'), config.dataset);
  const images = loadInput(inputFolder(inputs, 'ingest'), config.dataset, 'train', log);

  const { precision, reason } = precisionFor(config);
  log.params({ ...machineParams(), 'machine.precision': precision, 'machine.precisionReason': reason });
  log.info(`${precision}: ${reason}; ${process.env.TF_NUM_INTRAOP_THREADS} threads an op`);
  const task = learningTask(config, shape, images.classes.length);
  const { network } = task.step.args;
  const [step, encode] = await Promise.all([
    startStep(task, config, { policy, image: images.shape }, precision),
    compile({ module: definitions, export: 'encode', args: { network, inputShape: images.shape } }, { precision }),
  ]);
  const checkpoint = readCheckpoint(work);
  await step.write(checkpoint?.state ?? task.initialState(seed));

  const encoderNames = Object.keys(encode.info.state);
  const totalSteps = trainSteps(images.rows, config.epochs, config.batch);
  const training = {
    images,
    policy,
    task,
    step,
    monitor: makeMonitor(images, config.monitor, seed),
    async features(pixels: Uint8Array, rows: number) {
      encode.write(await step.read(encoderNames));
      return extractFeatures(encode, pixels, rows);
    },
    totalSteps,
    checkpoint,
  };
  const { state, history } = await train(training, context);
  const { encoder, projection } = task.weights(state);
  saveSafetensors(join(out, 'encoder.safetensors'), encoder, { format: 'simclr', dataset: config.dataset });
  if (projection) saveSafetensors(join(out, 'projection.safetensors'), projection, { format: 'simclr' });
  writeJson(join(out, 'history.json'), history);
  writeJson(join(out, 'encoder.json'), {
    architecture: network,
    // Views may be smaller (crop(to=)); features are taken of whole images.
    inputShape: images.shape,
    featureDim: featureDim(network),
    policy,
    dataset: config.dataset,
    steps: totalSteps,
    seed,
    precision,
  });
  await step.dispose();
  encode.dispose();
  const [last, knn] = [history.train.at(-1), history.knn.at(-1)];
  log.info(
    `${totalSteps} steps: loss ${last?.loss.toFixed(3)}, kNN ${(100 * (knn?.accuracy ?? 0)).toFixed(1)} % of held-out training images`,
  );
  const { loss = Number.NaN, contrastAcc, supervisedAcc } = last ?? {};
  const metrics = {
    ...(task.step.export === 'trainStep' ? { contrast_loss: loss } : { supervised_loss: loss }),
    ...(contrastAcc === undefined ? {} : { contrast_acc: contrastAcc }),
    ...(supervisedAcc === undefined ? {} : { supervised_acc: supervisedAcc }),
    knn_top_1_accuracy: knn?.accuracy ?? Number.NaN,
  };
  return { metrics };
}
