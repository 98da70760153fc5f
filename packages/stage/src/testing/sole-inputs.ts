import type { ByRole, InputTask, Role } from '../inputs.ts';

/**
 * One input a role, as a pipeline without a matrix gives them: to run or plan a stage in tests.
 *
 * @example `soleInputs({ dataset: { folder: 'out/ingest/data' }, views: { folder: 'out/augment/data' } })`
 */
export function soleInputs<T extends object>(given: Partial<Record<Role, T>>): ByRole<InputTask & T> {
  const entries = Object.entries(given).map(([role, each]) => [role, [{ task: role, item: {}, ...each }]]);
  return Object.fromEntries(entries) as ByRole<InputTask & T>;
}
