import { Trial } from '@simclr/artifacts';
import { hashWeights } from '@simclr/encoders';
import { definitions, isFrozen, learningRate, type SupervisedStepArgs, supervisedStep } from '@simclr/nn';
import { takeLabels } from '@simclr/probe';
import { Interrupted, type StageLog, z } from '@simclr/stage';
import { availableCores, type Precision, startSession, type ThreadSession, type Tree } from '@simclr/tensorflow';
import { type Checkpoint, unlessStopped, writeCheckpoint } from '@simclr/training';
import { startViewLoader } from '@simclr/views';
import type { Data } from './data.ts';
import { decayOf, type Setting } from './recipe.ts';

/** What is known of a training that is not over, beside its state. */
export const Under = z.object({ trial: z.string(), curve: Trial.shape.curve, validation: Trial.shape.validation });
export type Under = z.infer<typeof Under>;

/** One training. */
export interface Training extends Setting {
  /** Name within the stage, also of its metrics. */
  name: string;
  /** Looks at weights half-way, at these steps: false where the training is to end. */
  goesOn?: { atSteps: readonly number[]; ask(step: number, state: Tree): Promise<Validation & { goesOn: boolean }> };
}

export type Validation = Omit<Trial['validation'][number], 'step'>;

export interface Trained extends Pick<Trial, 'end' | 'curve' | 'validation'> {
  /** Parameters, optimizer state and statistics. */
  state: Tree;
}

/** Trains networks on the same rows, one after another: they share a compiled step, and see the same views. */
export interface Trainer {
  /** @throws Interrupted after a checkpoint was written, when the stage is told to stop */
  train(training: Training): Promise<Trained>;
  close(): Promise<void>;
}

export interface TrainerOptions {
  args: SupervisedStepArgs;
  /** The state at step 0. */
  initial: Tree;
  data: Pick<Data, 'train' | 'policy' | 'labels'>;
  /** That are trained on. */
  rows: Uint32Array;
  steps: number;
  precision: Precision;
  seed: number;
  logEvery: number;
  checkpointSeconds: number;
  work: string;
  log: StageLog;
  signal: AbortSignal;
  /** Where a stage that was stopped goes on; of the training of that name. */
  checkpoint: Checkpoint<Under> | undefined;
  /** After each step. */
  onStep(name: string, step: number, loss: number): void;
}

export async function openTrainer(options: TrainerOptions): Promise<Trainer> {
  const { args, data, rows, steps, precision, seed, signal } = options;
  const definition = { module: definitions, export: supervisedStep.name, args };
  const loader = startViewLoader({
    ...{ images: data.train, policy: data.policy, seed, batch: args.batch, views: 1, rows },
    ...{ totalSteps: steps, workers: availableCores() },
  });
  let step: ThreadSession;
  try {
    step = await unlessStopped(startSession(definition, { precision }), signal);
  } catch (error) {
    await loader.close();
    throw error;
  }

  async function train({ name, goesOn, ...setting }: Training): Promise<Trained> {
    const { work, log, logEvery, checkpointSeconds, onStep } = options;
    const checkpoint = options.checkpoint?.history.trial === name ? options.checkpoint : undefined;
    const { curve, validation }: Omit<Under, 'trial'> = checkpoint?.history ?? { curve: [], validation: [] };
    let done = checkpoint?.step ?? 0;
    if (checkpoint) log.info(`resuming ${name} at step ${done} of ${steps}`);
    await step.write(checkpoint?.state ?? options.initial);
    const save = async () =>
      writeCheckpoint(work, {
        step: done,
        state: await step.read(),
        history: { trial: name, curve, validation },
        precision,
      });
    const rate = rateOf(setting.learningRate, steps);
    const weightDecay = Float32Array.of(decayOf(setting));
    let saved = performance.now();
    while (done < steps) {
      if (signal.aborted) {
        await save();
        throw new Interrupted(`interrupted: ${name} at step ${done} of ${steps}. run again to resume`);
      }
      const lr = rate(done);
      const { views, images } = await loader.next(done);
      const outputs = await step.run({
        images: views,
        labels: takeLabels(data.labels.train, images, data.labels.width),
        learningRate: Float32Array.of(lr),
        weightDecay,
      });
      const [loss, accuracy] = [outputs.supervisedLoss!.data[0]!, outputs.supervisedAcc!.data[0]!];
      done++;
      onStep(name, done, loss);
      if (!Number.isFinite(loss)) return { end: 'diverged', curve, validation, state: await step.read() };
      if (done % logEvery === 0 || done === steps) {
        curve.push({ step: done, loss, accuracy, learningRate: lr });
        log.metrics({ [`${name}/loss`]: loss, [`${name}/accuracy`]: accuracy, [`${name}/learning_rate`]: lr }, done);
      }
      if (done < steps && goesOn?.atSteps.includes(done)) {
        const { goesOn: on, ...judged } = await goesOn.ask(done, await step.read());
        if (!Number.isFinite(judged.loss)) return { end: 'diverged', curve, validation, state: await step.read() };
        validation.push({ step: done, ...judged });
        log.metrics({ [`${name}/validation_score`]: judged.score, [`${name}/validation_loss`]: judged.loss }, done);
        if (!on) return { end: 'abandoned', curve, validation, state: await step.read() };
      }
      if (performance.now() - saved > checkpointSeconds * 1000) {
        await save();
        saved = performance.now();
      }
    }
    return { end: 'finished', curve, validation, state: await step.read() };
  }

  return {
    async train(training) {
      const trained = await train(training);
      assertFrozen(args, options.initial, trained.state);
      return trained;
    },
    async close() {
      await loader.close();
      await step.dispose();
    },
  };
}

/** From the full rate at the first step, by a cosine to 0. */
const rateOf = (peak: number, totalSteps: number) =>
  learningRate({ base: peak, scaling: 'linear', batch: 256, warmupEpochs: 0, rows: 1, totalSteps });

/** A training that changed what it says that it left alone is another protocol (a mistake that published results were made with). */
function assertFrozen({ fineTuneAfterBlock = -1 }: SupervisedStepArgs, before: Tree, after: Tree): void {
  const digest = (state: Tree) =>
    hashWeights(Object.fromEntries(Object.entries(state).filter(([name]) => isFrozen(name, fineTuneAfterBlock))));
  const [was, is] = [digest(before), digest(after)];
  if (is !== was) throw new Error(`frozen weights changed in training: ${was} became ${is}`);
}
