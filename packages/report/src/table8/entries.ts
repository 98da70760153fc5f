import {
  type Flag,
  type OmittedRow,
  type Prediction,
  type Predictions,
  type ResultRow,
  readPredictions,
  readResults,
} from '@simclr/artifacts';
import { type ByRole, type InputTask, inputsOf, type StageInputs, UserError } from '@simclr/stage';

/** Key of a matrix whose items are repetitions of one encoder. */
const SEED = 'seed';
/** Key of a matrix of `features`: where in the encoder they are taken from. */
const TAP = 'tap';

/** The test rows of a dataset, with what is right. */
export type Test = Predictions['tests'][number];

/** One classifier: an encoder by one protocol on one dataset, and what it said of each test row. */
export interface Entry {
  /** The encoder's name in the table. */
  encoder: string;
  /** The same without the tap. */
  network: string;
  /** Which of several encoders of that name; '' of a single one. */
  seed: string;
  row: ResultRow;
  prediction: Prediction;
  test: Test;
  flags: Flag[];
}

/** A classifier that there was to be and is not, and why. */
export interface Omission {
  encoder: string;
  row: OmittedRow;
}

/** An encoder among the inputs, by the names of its matrix values. */
export interface NamedEncoder<I extends InputTask> {
  name: string;
  seed: string;
  input: I;
}

/** The encoders that a report is given, by what the table calls them. */
export function namedEncoders<I extends InputTask>(inputs: ByRole<I>): NamedEncoder<I>[] {
  return inputsOf(inputs, 'encoder').map((input) => {
    const values = Object.entries(input.item).filter(([key]) => key !== SEED);
    const name = values.map(([, value]) => value).join('-') || input.task.replace(/@.*/, '');
    return { name, seed: input.item[SEED] ?? '', input };
  });
}

/** The encoder that a task's results, or features, are of: the one whose matrix values are all among the task's. */
export function encoderOf<I extends InputTask>(task: InputTask, encoders: readonly NamedEncoder<I>[]): NamedEncoder<I> {
  const [found, ...others] = encoders.filter(({ input }) =>
    Object.entries(input.item).every(([key, value]) => task.item[key] === value),
  );
  if (!found)
    throw new UserError(
      `missing input: report needs the encoder of ${task.task}. add its stage to needs in pipeline.yaml`,
    );
  if (others.length)
    throw new UserError(
      `too many inputs: the encoder of ${task.task} may be ${[found, ...others].map(({ input }) => input.task).join(', ')}. its items have to be told apart`,
    );
  return found;
}

/** What results are called: as their encoder, and by the tap where there are several. */
const evaluatedName = ({ item }: InputTask, encoder: string): string =>
  item[TAP] === undefined ? encoder : `${encoder}, ${item[TAP]}`;

/** Checks that the table can be drawn. @throws UserError for results whose encoder is not given */
export function checkTable8(inputs: ByRole<InputTask>): void {
  const encoders = namedEncoders(inputs);
  for (const results of inputsOf(inputs, 'results')) encoderOf(results, encoders);
}

type ResultsFolder = InputTask & { folder: string };

/** What the evaluations leave out, and why. */
export function readOmissions(inputs: StageInputs, folders: readonly ResultsFolder[]): Omission[] {
  const encoders = namedEncoders(inputs);
  return folders.flatMap((input) => {
    const encoder = evaluatedName(input, encoderOf(input, encoders).name);
    return (readResults(input.folder).omitted ?? []).map((row) => ({ encoder, row }));
  });
}

/** What the evaluations of a folder say. @throws UserError where rows and predictions do not go together */
export function readEntries(inputs: StageInputs, folders: readonly ResultsFolder[]): Entry[] {
  const encoders = namedEncoders(inputs);
  return folders.flatMap((input) => {
    const { name, seed } = encoderOf(input, encoders);
    const encoder = evaluatedName(input, name);
    const { rows, flags } = readResults(input.folder);
    const { predictions, tests } = readPredictions(input.folder);
    return rows.map((row, i): Entry => {
      const prediction = predictions[i];
      const test = tests.find(({ dataset }) => dataset === row.dataset);
      if (!prediction || !test || prediction.dataset !== row.dataset || prediction.protocol !== row.protocol)
        throw new UserError(
          `foreign predictions: predictions.json of ${input.task} is not of its results. run npm run pipeline -- run <pipeline> --force ${input.task}`,
        );
      const own = flags.filter(({ dataset }) => dataset === undefined || dataset === row.dataset);
      return { encoder, network: name, seed, row, prediction, test, flags: own };
    });
  });
}
