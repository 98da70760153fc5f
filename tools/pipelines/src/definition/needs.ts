import { type Role, UserError, z } from '@simclr/stage';
import { type Contract, rolesOf } from './contract.ts';
import type { Need } from './stage-spec.ts';

const list = z.array(z.string());

/** As pipeline.yaml has it: a list of stages, or for each role one or some; a stage is `ingest`, or `ingest@digits`. */
export const needsSchema = z
  .union([list, z.record(z.string(), z.union([z.string(), list]))], {
    error: 'expected a list of stages, or a map: { role: stage, … }',
  })
  .default([]);

/**
 * The needs of a stage, each with its role: of the short list that which the needed stage gives.
 *
 * @param contracts of all stages
 * @param file for errors
 * @throws UserError one line: an unknown stage or role, a stage that gives something else, a need given twice
 */
export function readNeeds(
  id: string,
  given: z.infer<typeof needsSchema>,
  contracts: ReadonlyMap<string, Contract>,
  file: string,
): Need[] {
  const takes = rolesOf(contracts.get(id)!);
  const refuse = (message: string) => new UserError(`${message}. correct ${file}`);
  const taken = takes.join(', ') || 'nothing';
  const needs = new Map<string, Need>();
  const add = (need: string, wanted?: string) => {
    const where = `${id}.needs${wanted === undefined ? '' : `.${wanted}`} = ${need}`;
    if (wanted !== undefined && !takes.some((role) => role === wanted))
      throw refuse(`unknown role: ${id}.needs.${wanted}. ${id} takes: ${taken}`);
    const { stage, item } = parts(need);
    const contract = contracts.get(stage);
    if (!contract) throw refuse(`unknown stage: ${where}. must be one of: ${[...contracts.keys()].join(', ')}`);
    const role = contract.gives;
    if (role === undefined || (wanted !== undefined && role !== wanted))
      throw refuse(`wrong kind: ${where}, which gives ${role ?? 'nothing'}. expected ${wanted ?? taken}`);
    if (!takes.includes(role)) throw refuse(`wrong kind: ${where}, which gives ${role}. ${id} takes: ${taken}`);
    const before = needs.get(stage);
    if (before && (item === undefined || !before.items || before.items.includes(item)))
      throw refuse(`given twice: ${where}`);
    const items = item === undefined ? {} : { items: [...(before?.items ?? []), item] };
    needs.set(stage, { role, stage, ...items });
  };
  if (Array.isArray(given)) for (const need of given) add(need);
  else for (const [role, some] of Object.entries(given)) for (const need of [some].flat()) add(need, role);
  return [...needs.values()];
}

function parts(need: string): { stage: string; item?: string } {
  const at = need.indexOf('@');
  return at < 0 ? { stage: need } : { stage: need.slice(0, at), item: need.slice(at + 1) };
}

/** Stages that give a role, to name them in an error. */
export function givers(contracts: ReadonlyMap<string, Contract>, role: Role): string[] {
  return [...contracts].flatMap(([id, { gives }]) => (gives === role ? [id] : []));
}
