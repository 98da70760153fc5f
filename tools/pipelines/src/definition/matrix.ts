import { UserError, z } from '@simclr/stage';

/** A value of a matrix: its name in task ids and folders, and what is put into the config. */
export interface MatrixValue {
  name: string;
  value: unknown;
}

/** Values by config key. */
export type Matrix = Record<string, MatrixValue[]>;

// A name is part of a task's id, of its folder's name, and of names in MLflow.
const nameOfValue = /^[\w.-]+$/;
const value = z.union([z.string().regex(nameOfValue), z.number()]);

/** A matrix as pipeline.yaml has it: by config key a list of values that name themselves, or names with what they stand for. */
export const matrixSchema = z.record(z.string(), z.union([z.array(value).min(1), z.record(z.string(), z.unknown())]));

/** @param stage whose matrix it is, and @param file which says it, for errors */
export function readMatrix(matrix: z.infer<typeof matrixSchema>, stage: string, file: string): Matrix {
  const read = ([key, given]: [string, (typeof matrix)[string]]): [string, MatrixValue[]] => {
    if (Array.isArray(given)) return [key, given.map((each) => ({ name: String(each), value: each }))];
    const names = Object.keys(given);
    const wrong = names.length ? names.find((name) => !nameOfValue.test(name)) : 'nothing';
    if (wrong === undefined) return [key, names.map((name) => ({ name, value: given[name] }))];
    throw new UserError(
      `invalid name: ${stage}.matrix.${key} = ${wrong}. allowed: letters, digits, _ . -. correct ${file}`,
    );
  };
  return Object.fromEntries(Object.entries(matrix).map(read));
}

/** What the items of a stage are made of: the matrix of the stage for each of whose items it runs, then its own. */
export function matrixOf(stages: Record<string, { each?: string | undefined; matrix?: Matrix }>, id: string): Matrix {
  const { each, matrix } = stages[id]!;
  return { ...(each !== undefined && matrixOf(stages, each)), ...matrix };
}

/** Every combination of a matrix's values, the last key running fastest. */
export function combinations(matrix: Matrix): Record<string, MatrixValue>[] {
  return Object.entries(matrix).reduce<Record<string, MatrixValue>[]>(
    (all, [key, values]) => all.flatMap((item) => values.map((value) => ({ ...item, [key]: value }))),
    [{}],
  );
}
