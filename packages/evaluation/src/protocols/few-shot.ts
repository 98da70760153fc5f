import { fewShot, fitSteps, takeRows } from '@simclr/probe';
import { heard } from '../heard.ts';
import type { Learned, Learning, LearnOptions } from './learning.ts';

/** Streams of the draws of a few labels, apart from others of the seed. */
const SHOTS_STREAM = 0x736873;

/**
 * Logistic regression on a handful of labels a class, at one strength. Nested: the rows of fewer labels are among those of
 * more, and they are the same for every kind of features. There is none where images are of several classes.
 */
export async function* learnFewShot(
  { train, classes, metric }: Learning,
  { config: { fewShot: how, objective }, seed, signal }: LearnOptions,
): AsyncGenerator<Learned> {
  if (metric === '11-point-map') return;
  for (const shots of how.shots) {
    for (let draw = 0; draw < how.draws; draw++) {
      const drawn = fewShot(train.labels, shots, seed, SHOTS_STREAM + draw);
      const steps = fitSteps(takeRows(train, drawn), how.l2, { classes, metric, convention: objective });
      const { scores } = await heard(steps, { signal });
      const labelFraction = drawn.length / train.labels.length;
      yield {
        key: { protocol: 'few-shot', labelFraction, shots, draw },
        made: { trainRows: drawn.length, choice: { l2: how.l2 } },
        drawn,
        scores,
        scale: 'logits',
      };
    }
  }
}
