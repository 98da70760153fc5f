import { type Curves, type EncoderInfo, readEncoderInfo, readHistory, readResults } from '@simclr/artifacts';
import { type ByRole, type InputTask, inputsOf, type StageInputs, UserError } from '@simclr/stage';
import { summarise } from '../results.ts';
import { StudyConfig } from './config.ts';

/** One item of a study's matrix and what came of it. Accuracies are fractions. */
export interface StudyItem {
  /** As in `linear-eval@<name>`. */
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

/** The study that a report draws: that of its config, or, where it is given the encoders of several items, a plain one. */
export function studyOf(
  config: { study?: StudyConfig | undefined },
  inputs: ByRole<InputTask>,
): StudyConfig | undefined {
  const encoders = inputsOf(inputs, 'encoder').filter(({ item }) => Object.keys(item).length);
  return config.study ?? (encoders.length > 1 ? StudyConfig.parse({}) : undefined);
}

/** The results of each item, by its name, and the encoder that they are of: the one whose matrix values are the same. */
function pairUp<I extends InputTask>(inputs: ByRole<I>): { name: string; results: I; encoder: I }[] {
  const items = inputsOf(inputs, 'results').filter(({ item }) => Object.keys(item).length);
  if (!items.length)
    throw new UserError('no items: the report of a study needs linear-eval with a matrix, or each: pretrain');
  return items.map((results) => {
    const [encoder, ...others] = inputsOf(inputs, 'encoder').filter(({ item }) =>
      Object.entries(item).every(([key, value]) => results.item[key] === value),
    );
    const of = `the encoder of ${results.task}`;
    if (!encoder) throw new UserError(`missing input: report needs ${of}. add its stage to needs in pipeline.yaml`);
    if (others.length)
      throw new UserError(
        `too many inputs: ${of} may be ${[encoder, ...others].map(({ task }) => task).join(', ')}. its items have to be told apart`,
      );
    return { name: Object.values(results.item).join('-'), results, encoder };
  });
}

/** Reads the results and the encoder of every item. */
export function readItems(inputs: StageInputs): StudyItem[] {
  return pairUp(inputs).map(({ name, results, encoder }) => {
    const history = readHistory(encoder.folder);
    const { rows } = readResults(results.folder);
    const by = Map.groupBy(rows, ({ protocol }) => protocol);
    const all = summarise(by.get('linear') ?? []).find(({ labelFraction }) => labelFraction === 1);
    return {
      name,
      linear: all?.by.pretrained?.mean,
      knn: by.get('knn')?.find(({ features }) => features === 'pretrained')?.score,
      contrastAcc: atEnd(history, 'contrastAcc'),
      contrastEntropy: atEnd(history, 'contrastEntropy'),
      history,
      encoder: readEncoderInfo(encoder.folder),
    };
  });
}

/** A single batch says little: the mean over the last tenth of the curve's points. */
function atEnd({ train }: Curves, key: 'contrastAcc' | 'contrastEntropy'): number | undefined {
  const last = train.slice(-Math.ceil(train.length / 10)).flatMap(({ [key]: value }) => value ?? []);
  return last.length ? last.reduce((sum, value) => sum + value, 0) / last.length : undefined;
}

/**
 * Checks that a study can be drawn of what its report gets.
 *
 * @throws UserError for a number of the paper at an item that the study does not have, an evaluation without its encoder
 */
export function checkStudy(inputs: ByRole<InputTask>, { paper, chart }: StudyConfig): void {
  const names = pairUp(inputs).map(({ name }) => name);
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
