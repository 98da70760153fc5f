import { UserError, z } from '@simclr/stage';
import type { Matrix, MatrixValue, Stages } from './stage-spec.ts';

// A name is part of a task's id, of its folder's name, and of names in MLflow.
const nameOfValue = /^[\w.-]+$/;
const name = z.string().regex(nameOfValue);
const value = z.union([name, z.number(), z.looseObject({ name })]);

/**
 * A matrix as pipeline.yaml has it: by config key a list of values that name themselves, objects by their `name`; or names
 * with what they stand for.
 */
export const matrixSchema = z.record(
  z.string(),
  z.union([z.array(value).min(1), z.record(z.string(), z.unknown())], {
    error: 'expected a list of numbers, of names and of objects with a name, or a map of names to values',
  }),
);

/** Key of a matrix whose values are seeds of its tasks, and no key of their config: repetitions, which differ in nothing else. */
export const SEED = 'seed';

/** The matrix of a stage that is repeated with so many seeds. Throws a one-line UserError where that says so too. */
export function withSeeds(
  matrix: z.infer<typeof matrixSchema> | undefined,
  seeds: number | undefined,
  stage: string,
  file: string,
): z.infer<typeof matrixSchema> | undefined {
  if (seeds === undefined) return matrix;
  if (matrix && SEED in matrix)
    throw new UserError(`given twice: ${stage}.seeds and ${stage}.matrix.seed. take one out. correct ${file}`);
  return { ...matrix, [SEED]: Array.from({ length: seeds }, (_, seed) => seed) };
}

/**
 * @param stage whose matrix it is, for errors
 * @param file which says it
 */
export function readMatrix(matrix: z.infer<typeof matrixSchema>, stage: string, file: string): Matrix {
  const read = ([key, given]: [string, (typeof matrix)[string]]): [string, MatrixValue[]] => {
    if (Array.isArray(given))
      return [key, given.map((each) => ({ name: String(typeof each === 'object' ? each.name : each), value: each }))];
    const names = Object.keys(given);
    const wrong = names.length ? names.find((name) => !nameOfValue.test(name)) : 'nothing';
    if (wrong === undefined) return [key, names.map((name) => ({ name, value: given[name] }))];
    throw new UserError(
      `invalid name: ${stage}.matrix.${key} = ${wrong}. allowed: letters, digits, _ . -. correct ${file}`,
    );
  };
  const all = Object.fromEntries(Object.entries(matrix).map(read));
  const wrong = all[SEED]?.find(({ value }) => !Number.isSafeInteger(value));
  if (wrong)
    throw new UserError(`invalid seed: ${stage}.matrix.seed = ${wrong.name}. expected integers. correct ${file}`);
  return all;
}

/**
 * What the items of a stage are made of: the matrices of the stages for each of whose items it runs, then its own. Where
 * it needs some items of such a stage only, it runs for these; a key that several of them have, has the values of all.
 */
export function matrixOf(stages: Stages, id: string): Matrix {
  const { each, needs, matrix } = stages[id]!;
  const joined: Matrix = {};
  for (const stage of each) {
    const items = needs.find((need) => need.stage === stage)?.items;
    const whole = matrixOf(stages, stage);
    for (const [key, values] of Object.entries(items ? restrict(whole, items) : whole)) {
      const names = joined[key]?.map(({ name }) => name);
      joined[key] = names ? values.filter(({ name }) => names.includes(name)) : values;
    }
  }
  return { ...joined, ...matrix };
}

/** The values of which some items are made: their matrix, where they are all combinations of these. */
export function restrict(matrix: Matrix, items: readonly string[]): Matrix {
  const chosen = combinations(matrix).filter((item) => items.includes(itemName(item)));
  const used = Object.entries(matrix).map(([key, values]): [string, MatrixValue[]] => {
    return [key, values.filter(({ name }) => chosen.some((item) => item[key]!.name === name))];
  });
  return Object.fromEntries(used);
}

/** DVC's naming of matrix items: the names joined by dashes. */
export const itemName = (item: Record<string, { name: string }>): string =>
  Object.values(item)
    .map(({ name }) => name)
    .join('-');

/** Every combination of a matrix's values, the last key running fastest. */
export function combinations(matrix: Matrix): Record<string, MatrixValue>[] {
  return Object.entries(matrix).reduce<Record<string, MatrixValue>[]>(
    (all, [key, values]) => all.flatMap((item) => values.map((value) => ({ ...item, [key]: value }))),
    [{}],
  );
}
