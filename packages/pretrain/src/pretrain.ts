import { join } from 'node:path';
import {
  ENCODER_WEIGHTS,
  emptyHistory,
  History,
  preprocessing,
  REFERENCE_CROP,
  writeEncoderInfo,
  writeHistory,
} from '@simclr/artifacts';
import { agreed, type Collective, solo } from '@simclr/collective/ranks';
import { extractFeatures, graphEmbedder } from '@simclr/encoders';
import { definitions, featureDim, saveSafetensors, trainSteps } from '@simclr/nn';
import { closeEncoded, loadInput } from '@simclr/shards';
import type { StageContext, StageResult } from '@simclr/stage';
import { availableCores, compile, logMachine, type Precision } from '@simclr/tensorflow';
import { precisionFor, readCheckpoint } from '@simclr/training';
import { evaluationImages, evaluationPolicy, resizeOf } from '@simclr/views';
import type { PretrainConfig } from './config.ts';
import { readInputs } from './inputs.ts';
import { learningTask } from './learning-task.ts';
import { makeMonitor } from './monitor.ts';
import { startStep } from './start-step.ts';
import { requireRows } from './step-args.ts';
import { train } from './train.ts';

/**
 * Pretrains an encoder and writes it, its projection head, and its curves.
 *
 * @param ranks that do so together, each called at its place; number 0 alone writes, and has metrics
 */
export async function pretrain(context: StageContext<PretrainConfig>, ranks: Collective = solo): Promise<StageResult> {
  const { config, inputs, out, work, log, seed, signal } = context;
  const { name: dataset, ingest, views } = readInputs(inputs, config);
  const { policy, shape } = views;
  const images = loadInput(ingest, dataset, 'train', log);
  requireRows(dataset, images.rows, config.batch);
  // Views of raw images may be smaller (crop(to=)); features are taken of the whole ones.
  const how = preprocessing(images.shape ?? shape, images.shape ? 1 : REFERENCE_CROP, resizeOf(policy));
  const evaluation = evaluationImages(images, evaluationPolicy(how), availableCores());
  const inputShape = evaluation.shape;

  const isFirst = ranks.rank === 0;
  const checkpoint = isFirst ? readCheckpoint(work, History) : undefined;
  const chosen = precisionFor(config, checkpoint?.precision, 'pretrain.precision');
  const { done, precision } = await fromFirst(ranks, { done: checkpoint?.step ?? 0, precision: chosen.precision });
  const machine: typeof log.machine = (facts) => log.machine({ ...facts, ranks: ranks.size });
  if (isFirst) logMachine({ ...log, machine }, chosen);
  const threads = `${process.env.TF_NUM_INTRAOP_THREADS} threads an op`;
  log.info(`${precision}: ${chosen.reason}; ${ranks.size > 1 ? `${ranks.size} ranks, ` : ''}${threads}`);
  const task = learningTask(config, shape, images.classes.length, { rank: ranks.rank, ranks: ranks.size });
  const { network } = task.step.args;
  const start = () =>
    Promise.all([
      startStep(task, config, { policy, image: images.shape, dataset }, precision),
      compile({ module: definitions, export: 'encode', args: { network, inputShape } }, { precision }),
    ]);
  // One trace for all ranks: the others find it.
  const first = await agreed(ranks, isFirst ? start() : Promise.resolve(undefined), signal);
  const [step, encode] = await agreed(ranks, first ? Promise.resolve(first) : start(), signal);
  const initial = checkpoint?.state ?? task.initialState(seed);
  for (const name of Object.keys(initial).sort()) await ranks.broadcast(initial[name]!.data);
  await step.write(initial);

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
    begun: checkpoint ?? { step: done, history: emptyHistory() },
    ranks,
  };
  const { state, history } = await train(training, context);
  if (!isFirst) return { metrics: {} };
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

/** What the first rank found: others may have another processor, or not see its checkpoint yet. */
async function fromFirst(ranks: Collective, { done, precision }: { done: number; precision: Precision }) {
  const told = Int32Array.of(done, precision === 'bf16' ? 1 : 0);
  await ranks.broadcast(told);
  return { done: told[0]!, precision: told[1] ? ('bf16' as const) : ('fp32' as const) };
}
