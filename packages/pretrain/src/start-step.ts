import { definitions } from '@simclr/nn';
import { type Precision, startSession, type ThreadSession } from '@simclr/tensorflow';
import { startChunkedSession } from './chunked-session.ts';
import type { PretrainConfig } from './config.ts';
import { type DeviceStepArgs, deviceSteps } from './device-step.ts';
import type { LearningTask } from './learning-task.ts';
import { rawShape } from './step-args.ts';

/** Starts the task's step as the config has it: whole or in chunks, given its views or making them. */
export function startStep(
  { step, views }: LearningTask,
  { chunk, views: engine }: PretrainConfig,
  { policy, image, dataset }: { policy: string; image: DeviceStepArgs['image'] | null; dataset: string },
  precision: Precision,
): Promise<ThreadSession> {
  if (chunk !== undefined && step.export === 'trainStep')
    return startChunkedSession({ ...step.args, chunk }, { precision });
  if (engine === 'workers') return startSession({ module: definitions, ...step }, { precision });
  const args: DeviceStepArgs = { step, views, policy, image: rawShape(dataset, image) };
  return startSession({ module: deviceSteps, export: 'deviceStep', args }, { precision });
}
