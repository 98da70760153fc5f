import type { History } from '@simclr/artifacts';
import { type Collective, stopAgreed } from '@simclr/collective/ranks';
import { learningRate } from '@simclr/nn';
import { Interrupted, type StageContext, UserError } from '@simclr/stage';
import type { Precision, ThreadSession, Tree } from '@simclr/tensorflow';
import { type Checkpoint, writeCheckpoint } from '@simclr/training';
import type { LoaderOptions } from '@simclr/views';
import { collapseWarning } from './collapse.ts';
import type { PretrainConfig } from './config.ts';
import type { LearningTask, StepMetrics } from './learning-task.ts';
import type { Monitor } from './monitor.ts';
import { startViewFeed } from './view-feed.ts';

/** Step, data and settings of a training loop. */
export interface Training {
  images: LoaderOptions['images'] & { labels: Int32Array };
  policy: string;
  task: LearningTask;
  /** The task's step in a thread of its own; its weights live in the TensorFlow session: the checkpoint's, or initial ones. */
  step: ThreadSession;
  monitor: Monitor;
  /** Features of training images, as evaluation sees them, under the weights that would be published now. */
  features(rows: Uint32Array): Promise<Float32Array>;
  totalSteps: number;
  precision: Precision;
  /** Steps done before, and their curves. */
  begun: Pick<Checkpoint<History>, 'step' | 'history'>;
  /** Ranks that train together; of each step's images this one has its share. Number 0 alone monitors and writes. */
  ranks: Collective;
}

/**
 * The training loop: goes on from a checkpoint, writes the next to `work`, ends with the final state. Equal config, images and kind of
 * CPU give bitwise equal weights, however often the run was interrupted; so do equal numbers of ranks.
 *
 * @throws Interrupted after a checkpoint was written, when `signal` is aborted: of all ranks, where it is of one
 */
export async function train(
  { images, policy, task, step, monitor, features, totalSteps, precision, begun, ranks }: Training,
  { config, work, log, seed, signal }: StageContext<PretrainConfig>,
): Promise<{ state: Tree; history: History }> {
  const { batch } = config;
  const epochOf = (stepsDone: number) => (stepsDone * batch) / images.rows;
  const rate = learningRate({ ...config.learningRate, batch, rows: images.rows, totalSteps });
  const knnEvery = Math.max(1, Math.round((config.monitor.everyEpochs * images.rows) / batch));

  const { history } = begun;
  let done = begun.step;
  if (done > 0) log.info(`resuming at step ${done} of ${totalSteps}`);
  const isFirst = ranks.rank === 0;
  const save = async () => {
    if (isFirst) writeCheckpoint(work, { step: done, state: await step.read(), history, precision });
  };

  const share = { rank: ranks.rank, ranks: ranks.size };
  const options = { images, policy, seed, batch, share, totalSteps };
  const loader = startViewFeed(options, task, config.views);
  const progress = log.progress(totalSteps * batch, 'images');
  try {
    let saved = performance.now();
    let timed = { at: performance.now(), step: done, waited: 0 };
    progress.update(done * batch);
    while (done < totalSteps) {
      if (await stopAgreed(ranks, signal)) {
        await save();
        throw new Interrupted(`interrupted: at step ${done} of ${totalSteps}. run again to resume`);
      }
      const lr = rate(done);
      const asked = performance.now();
      const { inputs, images: rows } = await loader.next(done);
      timed.waited += performance.now() - asked;
      // Meanwhile the next batches are made, and this thread sends what was logged.
      const others = task.feed(() => Int32Array.from(rows, (row) => images.labels[row]!));
      const outputs = await step.run({ ...inputs, ...others, learningRate: Float32Array.of(lr) });
      const { loss, gradNorm, ...metrics } = task.read(outputs);
      done++;
      const last = done === totalSteps;

      if (done % config.logEvery === 0 || last) {
        const now = performance.now();
        const imagesPerSecond = ((done - timed.step) * batch * 1000) / (now - timed.at);
        const waitShare = timed.waited / (now - timed.at);
        timed = { at: now, step: done, waited: 0 };
        if (!Number.isFinite(loss))
          throw new UserError(`training diverged: loss ${loss} at step ${done}. lower learningRate.base`);
        history.train.push({ step: done, epoch: epochOf(done), loss, ...metrics, learningRate: lr });
        log.metrics(
          {
            ...named(task, loss, metrics),
            'train/grad_norm': gradNorm,
            learning_rate: lr,
            images_per_second: imagesPerSecond,
            wait_share: waitShare,
            epoch: epochOf(done),
          },
          done,
        );
      }
      if (isFirst && (done % knnEvery === 0 || last)) {
        const { accuracy, spread } = await monitor.measure(features);
        const point = { accuracy, featureStd: spread.std, featureRank: spread.rank };
        history.knn.push({ step: done, epoch: epochOf(done), ...point });
        log.metrics(
          {
            'train/knn_top_1_accuracy': accuracy,
            'train/feature_std': spread.std,
            'train/feature_rank': spread.rank,
          },
          done,
        );
        const warning = collapseWarning(spread);
        if (warning) log.info(warning);
        timed = { at: performance.now(), step: done, waited: 0 };
      }
      if (performance.now() - saved > config.checkpointSeconds * 1000) {
        await save();
        saved = performance.now();
      }
      const knn = history.knn.at(-1);
      progress.update(
        done * batch,
        `loss ${loss.toFixed(3)}${knn ? `  kNN ${(100 * knn.accuracy).toFixed(1)} %` : ''}`,
      );
    }
    return { state: await step.read(), history };
  } finally {
    progress.stop();
    await loader.close();
  }
}

/** MLflow's names of a step's metrics: the reference's (tf2/metrics.py). */
const NAMES: Record<keyof StepMetrics, string> = {
  contrastAcc: 'train/contrast_acc',
  contrastEntropy: 'train/contrast_entropy',
  embeddingStd: 'train/embedding_std',
  supervisedLoss: 'train/supervised_loss',
  supervisedAcc: 'train/supervised_acc',
};

function named({ step }: LearningTask, loss: number, metrics: StepMetrics): Record<string, number> {
  const lossName = step.export === 'trainStep' ? 'train/contrast_loss' : 'train/supervised_loss';
  const entries = Object.entries(metrics).map(([name, value]) => [NAMES[name as keyof StepMetrics], value] as const);
  return { [lossName]: loss, ...Object.fromEntries(entries) };
}
