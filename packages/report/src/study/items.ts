import { type Curves, type EncoderInfo, readEncoderInfo, readHistory, readResults } from '@simclr/artifacts';
import { inputFolder, UserError } from '@simclr/stage';
import { summarise } from '../results.ts';
import type { StudyConfig } from './config.ts';

/** One item of a study's matrix and what came of it. Accuracies are fractions. */
export interface StudyItem {
  /** As in `pretrain@<name>`. */
  name: string;
  /** Test accuracy of the linear probe on all labels. */
  linear: number | undefined;
  /** Test accuracy of kNN on the same features. */
  knn: number | undefined;
  /** Of the training views, over the last tenth of the curve. */
  contrastAcc: number | undefined;
  /** The same of the entropy, nats. */
  contrastEntropy: number | undefined;
  history: Curves;
  encoder: EncoderInfo;
}

const EVALUATION = 'linear-eval@';

/** Names of the items, `linear-eval@<name>`. */
function itemNames(inputs: Record<string, unknown>): string[] {
  const names = Object.keys(inputs).flatMap((id) => (id.startsWith(EVALUATION) ? [id.slice(EVALUATION.length)] : []));
  if (names.length) return names;
  throw new UserError('no items: the report of a study needs linear-eval with a matrix, or each: pretrain');
}

/** Reads every `linear-eval@…` and the `pretrain@…` of the same item. */
export function readItems(inputs: Record<string, string>): StudyItem[] {
  return itemNames(inputs).map((name) => {
    const evaluation = inputFolder(inputs, `${EVALUATION}${name}`);
    const training = inputFolder(inputs, `pretrain@${name}`);
    const history = readHistory(training);
    const { rows, knn } = readResults(evaluation);
    const all = summarise(rows).find(({ labelFraction }) => labelFraction === 1);
    return {
      name,
      linear: all?.by.pretrained?.mean,
      knn: knn.find(({ features }) => features === 'pretrained')?.accuracy,
      contrastAcc: atEnd(history, 'contrastAcc'),
      contrastEntropy: atEnd(history, 'contrastEntropy'),
      history,
      encoder: readEncoderInfo(training),
    };
  });
}

/** A single batch says little: the mean over the last tenth of the curve's points. */
function atEnd({ train }: Curves, key: 'contrastAcc' | 'contrastEntropy'): number | undefined {
  const last = train.slice(-Math.ceil(train.length / 10)).flatMap(({ [key]: value }) => value ?? []);
  return last.length ? last.reduce((sum, value) => sum + value, 0) / last.length : undefined;
}

/**
 * Checks that a study can be drawn of what its report gets, by stage id.
 *
 * @throws UserError for a number of the paper at an item that the study does not have, an evaluation without its encoder
 */
export function checkStudy(inputs: Record<string, unknown>, { paper, chart }: StudyConfig): void {
  const names = itemNames(inputs);
  const alone = names.find((name) => inputs[`pretrain@${name}`] === undefined);
  if (alone !== undefined)
    throw new UserError(`missing input: report needs pretrain@${alone}. add pretrain to its needs in pipeline.yaml`);
  const known = `must be one of: ${names.join(', ')}. correct the config of report`;
  for (const [key, numbers] of Object.entries(paper)) {
    const unknown = Object.keys(numbers).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new UserError(`unknown item: study.paper.${key}.${unknown}. ${known}`);
  }
  const whole = chart.kind === 'lines' ? names.find((name) => !name.includes('-')) : undefined;
  if (whole !== undefined) throw new UserError(`no two parts: ${whole}. a chart of lines needs items <series>-<x>`);
}

/** An item's name as the two values that it is made of; one that is made of one has it twice. */
export function parts(name: string): [string, string] {
  const at = name.indexOf('-');
  return at < 0 ? [name, name] : [name.slice(0, at), name.slice(at + 1)];
}
