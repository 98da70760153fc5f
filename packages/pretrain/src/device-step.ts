// What packages/tensorflow traces: a train step that makes its views itself.

import { supervisedStep, trainStep } from '@simclr/nn';
import type { StepDefinition } from '@simclr/tensorflow';
import { type PolicyPair, parsePair } from '@simclr/views';
import { deviceInputs, deviceViews } from '@simclr/views/device';
import type { LearningTask } from './learning-task.ts';

/** Arguments of `deviceStep`: plain JSON. */
export interface DeviceStepArgs {
  /** The step that is given the views, and its input that takes them. */
  step: LearningTask['step'];
  views: LearningTask['views'];
  /** Of the views: one policy, or two. */
  policy: string;
  /** Shape of the raw images. */
  image: readonly [number, number, number];
}

/**
 * A task's step whose views are made inside it: instead of them, its inputs are `pixels` and `draws`, as
 * `startDeviceLoader` of packages/views fills them in. All else is the step's: state, other inputs, outputs.
 * @traced
 */
export function deviceStep({ step, views, policy, image }: DeviceStepArgs): StepDefinition {
  const pair: PolicyPair = parsePair(policy);
  const inner = step.export === 'trainStep' ? trainStep(step.args) : supervisedStep(step.args);
  const { [views]: made, ...others } = inner.inputs;
  return {
    state: inner.state,
    inputs: { ...deviceInputs(pair, image, made!.shape[0]! / 2), ...others },
    step: (state, { pixels, draws, ...rest }) =>
      inner.step(state, { ...rest, [views]: deviceViews(pair, pixels!, draws!) }),
  };
}

/** URL of this module, for `compile`. */
export const deviceSteps: string = import.meta.url;
