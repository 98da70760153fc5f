import { parseConfig, ROLES, type Role, z } from '@simclr/stage';
import type { Workspace } from './workspace.ts';

const role = z.enum(ROLES);

const Contract = z.strictObject({
  /** What it publishes is for others; absent where no stage reads it. */
  gives: role.optional(),
  /** What it reads, and of how many tasks: one, at most one, one or more, any number. */
  takes: z.partialRecord(role, z.enum(['one', 'optional', 'some', 'any'])).default({}),
});

/** What a stage takes and gives, as the key `stage` of its package.json says: without it, nothing. */
export type Contract = z.infer<typeof Contract>;

/** The contract of the package `name`. Throws a one-line UserError where it is none. */
export function contractOf(workspace: Workspace, name: string): Contract {
  const { stage, dir } = workspace.packages.get(name)!;
  return parseConfig(Contract, stage ?? {}, 'stage', `${dir}/package.json`);
}

/** Whether so many inputs are what the contract allows of a role. */
export function allows({ takes }: Contract, role: Role, count: number): boolean {
  switch (takes[role]) {
    case 'one':
      return count === 1;
    case 'optional':
      return count <= 1;
    case 'some':
      return count >= 1;
    case 'any':
      return true;
    default:
      return count === 0;
  }
}
