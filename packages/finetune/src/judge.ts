import type { Said } from '@simclr/evaluation/judge-scores';
import { measure, oneVsRestLoss, outcomeOf, softmaxLoss, sumOfLosses } from '@simclr/probe';
import type { Validation } from './trainer.ts';

/** The metric, and the mean loss that was trained with, nats; NaN of logits that are no numbers. */
export function judge({ scores, labels, classes, metric }: Omit<Said, 'scale'> & { scores: Float32Array }): Validation {
  const score = measure(outcomeOf(metric, scores, labels, classes));
  const several = metric === '11-point-map';
  const sum = sumOfLosses(scores, classes, several ? oneVsRestLoss(labels, classes) : softmaxLoss(labels));
  // Over all images, or all images and classes that are not difficult.
  const terms = several ? labels.filter((label) => label !== 0).length : labels.length;
  return { score, loss: sum / terms };
}
