import { join } from 'node:path';
import {
  ENCODER_WEIGHTS,
  History,
  preprocessing,
  REFERENCE_CROP,
  writeEncoderInfo,
  writeHistory,
} from '@simclr/artifacts';
import { extractFeatures, graphEmbedder } from '@simclr/encoders';
import { definitions, featureDim, saveSafetensors, trainSteps } from '@simclr/nn';
import { closeEncoded, loadInput } from '@simclr/shards';
import type { StageContext, StageResult } from '@simclr/stage';
import { availableCores, compile, logMachine } from '@simclr/tensorflow';
import { precisionFor, readCheckpoint, unlessStopped } from '@simclr/training';
import { evaluationImages, evaluationPolicy, resizeOf } from '@simclr/views';
import type { PretrainConfig } from './config.ts';
import { readInputs } from './inputs.ts';
import { learningTask } from './learning-task.ts';
import { makeMonitor } from './monitor.ts';
import { startStep } from './start-step.ts';
import { requireRows } from './step-args.ts';
import { train } from './train.ts';

/** Pretrains an encoder and writes it, its projection head, and its curves. */
export async function pretrain(context: StageContext<PretrainConfig>): Promise<StageResult> {
  const { config, inputs, out, work, log, seed, signal } = context;
  const { name: dataset, ingest, views } = readInputs(inputs, config);
  const { policy, shape } = views;
  const images = loadInput(ingest, dataset, 'train', log);
  requireRows(dataset, images.rows, config.batch);
  // Views of raw images may be smaller (crop(to=)); features are taken of the whole ones.
  const how = preprocessing(images.shape ?? shape, images.shape ? 1 : REFERENCE_CROP, resizeOf(policy));
  const evaluation = evaluationImages(images, evaluationPolicy(how), availableCores());
  const inputShape = evaluation.shape;

  const checkpoint = readCheckpoint(work, History);
  const { precision, reason } = precisionFor(config, checkpoint?.precision, 'pretrain.precision');
  logMachine(log, { precision, reason });
  log.info(`${precision}: ${reason}; ${process.env.TF_NUM_INTRAOP_THREADS} threads an op`);
  const task = learningTask(config, shape, images.classes.length);
  const { network } = task.step.args;
  const [step, encode] = await unlessStopped(
    Promise.all([
      startStep(task, config, { policy, image: images.shape, dataset }, precision),
      compile({ module: definitions, export: 'encode', args: { network, inputShape } }, { precision }),
    ]),
    signal,
  );
  await step.write(checkpoint?.state ?? task.initialState(seed));

  const encoderNames = Object.keys(encode.info.state);
  const totalSteps = trainSteps(images.rows, config.epochs, config.batch);
  const training = {
    images,
    policy,
    task,
    step,
    monitor: makeMonitor(images, config.monitor, seed),
    async features(rows: Uint32Array) {
      const state = await step.read(encoderNames.map(task.published));
      encode.write(Object.fromEntries(encoderNames.map((name) => [name, state[task.published(name)]!])));
      return extractFeatures(graphEmbedder(encode), evaluation.batches(rows), rows.length);
    },
    totalSteps,
    precision,
    checkpoint,
  };
  const { state, history } = await train(training, context);
  const { encoder, projection } = task.weights(state);
  saveSafetensors(join(out, ENCODER_WEIGHTS.encoder), encoder, { format: 'simclr', dataset });
  if (projection) saveSafetensors(join(out, ENCODER_WEIGHTS.projection), projection, { format: 'simclr' });
  writeHistory(out, history);
  writeEncoderInfo(out, {
    architecture: network,
    inputShape: [...inputShape],
    preprocessing: how,
    featureDim: featureDim(network),
    policy,
    dataset,
    steps: totalSteps,
    seed,
    precision,
  });
  await step.dispose();
  encode.dispose();
  if (!images.shape) closeEncoded(images);
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
