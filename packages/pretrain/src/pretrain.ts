import { join } from 'node:path';
import { definitions, featureDim, initTrainState, modelWeights, saveSafetensors, trainSteps } from '@simclr/nn';
import { extractFeatures } from '@simclr/probe';
import { loadInput } from '@simclr/shards';
import { inputFolder, type StageContext, type StageResult, writeJson } from '@simclr/stage';
import { choosePrecision, compile, describeMachine, measureGemmPeak, startSession } from '@simclr/tensorflow';
import { readCheckpoint } from './checkpoint.ts';
import { startChunkedSession } from './chunked-session.ts';
import type { PretrainConfig } from './config.ts';
import { makeMonitor } from './monitor.ts';
import { readPolicy, stepArgs } from './step-args.ts';
import { train } from './train.ts';

/** Pretrains an encoder and writes it, its projection head, and its curves. */
export async function pretrain(context: StageContext<PretrainConfig>): Promise<StageResult> {
  const { config, inputs, out, work, log, seed } = context;
  const { policy, shape } = readPolicy(inputFolder(inputs, 'augment'), config.dataset);
  const images = loadInput(inputFolder(inputs, 'ingest'), config.dataset, 'train', log);

  const { precision, reason } = choosePrecision(config.precision);
  logMachine(log, precision, reason);
  const args = stepArgs(config, shape);
  const { network } = args;
  const [step, encode] = await Promise.all([
    config.chunk === undefined
      ? startSession({ module: definitions, export: 'trainStep', args }, { precision })
      : startChunkedSession({ ...args, chunk: config.chunk }, { precision }),
    compile({ module: definitions, export: 'encode', args: { network, inputShape: images.shape } }, { precision }),
  ]);
  const checkpoint = readCheckpoint(work);
  await step.write(checkpoint?.state ?? initTrainState(args, seed));

  const encoderNames = Object.keys(encode.info.state);
  const totalSteps = trainSteps(images.rows, config.epochs, config.batch);
  const training = {
    images,
    policy,
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
  const { encoder, projection } = modelWeights(args, state);
  saveSafetensors(join(out, 'encoder.safetensors'), encoder, { format: 'simclr', dataset: config.dataset });
  saveSafetensors(join(out, 'projection.safetensors'), projection, { format: 'simclr' });
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
  return {
    metrics: {
      contrast_loss: last?.loss ?? Number.NaN,
      contrast_acc: last?.contrastAcc ?? Number.NaN,
      knn_top_1_accuracy: knn?.accuracy ?? Number.NaN,
    },
  };
}

function logMachine(log: StageContext<unknown>['log'], precision: string, reason: string): void {
  const { flags, ...machine } = describeMachine();
  const gemmPeakGflops = Math.round(measureGemmPeak());
  const params = { ...machine, flags: flags.join(' '), precision, precisionReason: reason, gemmPeakGflops };
  log.params(Object.fromEntries(Object.entries(params).map(([key, value]) => [`machine.${key}`, value])));
  log.info(`${precision}: ${reason}; ${machine.threads} threads`);
}
