import { parseConfig, ROLES, type Role, z } from '@simclr/stage';
import type { Workspace } from './workspace.ts';

const role = z.enum(ROLES);
const takes = z.partialRecord(role, z.enum(['one', 'optional', 'some', 'any']));
type Takes = z.infer<typeof takes>;

const Contract = z.strictObject({
  /** What it publishes is for others; absent where no stage reads it. */
  gives: role.optional(),
  /** What it reads, and of how many tasks: one, at most one, one or more, any number. */
  takes: takes.default({}),
  /** Whether several ranks can do its work together, which it starts itself: as many as `RANKS` says. */
  ranks: z.boolean().default(false),
  /** What it may be given instead, by the folder of the exports that serve this: `./in-place/stage`, `./in-place/plan`. */
  or: z.record(z.string().regex(/^[\w-]+$/), takes).default({}),
});

/** What a stage takes and gives, as the key `stage` of its package.json says: without it, nothing. */
export type Contract = z.infer<typeof Contract>;

/** One of the kinds of inputs that a stage can be wired to. */
export interface Wiring {
  /** Of the package's exports that serve it, `./in-place`; `.` are `./stage` and `./plan`. */
  folder: string;
  takes: Takes;
}

/** The contract of the package `name`. Throws a one-line UserError where it is none. */
export function contractOf(workspace: Workspace, name: string): Contract {
  const { stage, dir } = workspace.packages.get(name)!;
  return parseConfig(Contract, stage ?? {}, 'stage', `${dir}/package.json`);
}

/** What a task publishes for others; undefined where it is for people. */
export const givenBy = (workspace: Workspace, run: string): Role | undefined => contractOf(workspace, run).gives;

/** The wirings that a contract allows, the first of which is what is told where nothing is given. */
export function wiringsOf({ takes, or }: Contract): Wiring[] {
  const others = Object.entries(or).map(([folder, takes]) => ({ folder: `./${folder}`, takes }));
  return [{ folder: '.', takes }, ...others];
}

/** The wiring that inputs of these roles are meant for: the first that takes one of them. */
export function wiringFor(contract: Contract, roles: readonly Role[]): Wiring {
  const wirings = wiringsOf(contract);
  return wirings.find((wiring) => roles.some((one) => one in wiring.takes)) ?? wirings[0]!;
}

/** All roles that a stage takes in one wiring or another. */
export const rolesOf = (contract: Contract): Role[] => [
  ...new Set(wiringsOf(contract).flatMap(({ takes }) => Object.keys(takes) as Role[])),
];

/** Whether so many inputs are what a wiring allows of a role. */
export function allows({ takes }: Wiring, role: Role, count: number): boolean {
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
