import { UserError } from './errors.ts';

/** What passes between stages. A stage's package.json says which of these it gives, and which it takes. */
export const ROLES = ['dataset', 'views', 'encoder', 'features', 'results'] as const;
export type Role = (typeof ROLES)[number];

/** Which task an input is of. */
export interface InputTask {
  /** Its id: `pretrain`, or `pretrain@small` of a matrix. */
  task: string;
  /** Names of its matrix values by config key; empty without a matrix. */
  item: Readonly<Record<string, string>>;
}

/** An input as a stage reads it. */
export interface Input extends InputTask {
  /** Absolute folder of what the task published. */
  folder: string;
  /** What the task returned. To be shown: results hang on what is in the folder alone. */
  metrics?: Readonly<Record<string, number>>;
}

/** Inputs by role, in the order of pipeline.yaml; a role that nothing was given for may be absent. */
export type ByRole<I extends InputTask> = Partial<Record<Role, readonly I[]>>;
export type StageInputs = ByRole<Input>;

/** All inputs of a role. */
export function inputsOf<I extends InputTask>(inputs: ByRole<I>, role: Role): readonly I[] {
  return inputs[role] ?? [];
}

/** The only input of a role. Throws UserError where there is none, or there are several. */
export function inputOf<I extends InputTask>(inputs: ByRole<I>, role: Role): I {
  const [first, ...others] = inputsOf(inputs, role);
  if (first && !others.length) return first;
  const given = Object.entries(inputs).flatMap(([key, each]) => each.map(({ task }) => `${key} ${task}`));
  throw new UserError(
    first
      ? `too many inputs: ${role} of ${[first, ...others].map(({ task }) => task).join(', ')}. name one in needs in pipeline.yaml`
      : `missing input: ${role}. add a stage that gives it to needs in pipeline.yaml. given: ${given.join(', ') || 'none'}`,
  );
}

/** The folder of the only input of a role. Throws UserError where there is none, or there are several. */
export const inputFolder = (inputs: StageInputs, role: Role): string => inputOf(inputs, role).folder;
