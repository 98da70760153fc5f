import { ROLES, type Role, UserError } from '@simclr/stage';
import { allows, type Contract, wiringFor, wiringsOf } from './contract.ts';
import { combinations, itemName, matrixOf, restrict } from './matrix.ts';
import { givers } from './needs.ts';
import type { Stages } from './stage-spec.ts';
import type { Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/** What dvc.yaml calls the stage that looks at the user's folders, before those that read them. */
export const OWN_DATA_STAGE = 'own-data';

/** Throws a one-line UserError where a stage has a name that is taken, or runs no stage. */
export function checkPackages(workspace: Workspace, stages: { id: string; run: string }[], file: string): void {
  for (const { id, run } of stages) {
    if (id === OWN_DATA_STAGE)
      throw new UserError(`reserved name: ${OWN_DATA_STAGE}. in dvc.yaml it looks at own images. correct ${file}`);
    if (workspace.packages.get(run)?.exports['./stage']) continue;
    const able = [...workspace.packages.values()].filter((p) => p.exports['./stage']).map((p) => p.name);
    throw new UserError(`unknown package: ${id}.run = ${run}. must be one of: ${able.join(', ')}. correct ${file}`);
  }
}

/** A path of stages that comes back to where it started, or undefined. */
export function findCycle(stages: Stages): string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, path: string[]): string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const { stage } of stages[id]!.needs) {
      const found = visit(stage, [...path, id]);
      if (found) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const id of Object.keys(stages)) {
    const found = visit(id, []);
    if (found) return found;
  }
  return undefined;
}

/** Throws a one-line UserError for a stage in `each` that is not needed or has no items, and for a needed item that is not there. */
export function checkItems(stages: Stages, file: string): void {
  const refuse = (message: string) => new UserError(`${message}. correct ${file}`);
  for (const [id, { each, needs }] of Object.entries(stages)) {
    const wrong = each.find((stage) => !needs.some((need) => need.stage === stage));
    if (wrong === undefined) continue;
    const all = needs.map(({ stage }) => stage).join(', ') || 'none';
    throw refuse(`invalid each: ${id}.each = ${wrong}. must be one of its needs: ${all}`);
  }
  for (const [id, { each, needs }] of Object.entries(stages)) {
    for (const { stage, items = [] } of needs) {
      const there = combinations(matrixOf(stages, stage)).map(itemName).filter(Boolean);
      if (!there.length && each.includes(stage)) throw refuse(`no items: ${id}.each = ${stage}, which has no matrix`);
      const wrong = items.find((item) => !there.includes(item));
      const allowed = there.length ? `must be one of: ${there.join(', ')}` : `${stage} has no matrix`;
      if (wrong !== undefined) throw refuse(`no such item: ${id}.needs = ${stage}@${wrong}. ${allowed}`);
      if (each.includes(stage) && combinations(restrict(matrixOf(stages, stage), items)).length > items.length) {
        const named = items.map((item) => `${stage}@${item}`).join(', ');
        throw refuse(`no matrix: ${id} runs for each of ${named}. expected all combinations of their values`);
      }
    }
    if (each.length && !combinations(matrixOf(stages, id)).length)
      throw refuse(`no items: ${id}.each = ${each.join(', ')}, which have no items that go together`);
  }
}

/** Throws a one-line UserError for two tasks of one name, and where a task lacks an input or has too many. */
export function checkInputs(tasks: Task[], contracts: ReadonlyMap<string, Contract>, file: string): void {
  const ids = tasks.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined)
    throw new UserError(`two items of one name: ${twice}. give the values of its matrix other names. correct ${file}`);
  for (const task of tasks) {
    const wrong = wrongInputs(task, contracts);
    if (wrong) throw new UserError(`${wrong}. correct ${file}`);
  }
}

/** What is wrong with a task's inputs, and what to do; undefined where nothing is. */
function wrongInputs({ id, stage, needs }: Task, contracts: ReadonlyMap<string, Contract>): string | undefined {
  const contract = contracts.get(stage)!;
  const given = Map.groupBy(needs, ({ role }) => role);
  const wiring = wiringFor(contract, [...given.keys()]);
  const unused = [...given.keys()].filter((role) => !(role in wiring.takes));
  if (unused.length) {
    const reads = Object.keys(wiring.takes).join(', ');
    return `unused input: ${unused.join(', ')} of ${id}, which reads ${reads}. take it out of ${stage}.needs`;
  }
  const wrong = ROLES.find((role) => !allows(wiring, role, given.get(role)?.length ?? 0));
  if (wrong === undefined) return undefined;
  const ids = (given.get(wrong) ?? []).map((need) => need.id);
  if (ids.length)
    return `too many inputs: ${id} takes one ${wrong}, and needs ${ids.join(', ')}. name one of them, or run it for each`;
  const others = wiringsOf(contract)
    .filter(({ folder }) => folder !== wiring.folder)
    .map(({ takes }) => Object.keys(takes) as Role[]);
  // What is given goes with none of the others.
  const instead = given.size ? ` instead of ${[...given.keys()].join(' and ')}` : '';
  const wanted = [wrong, ...others.map((roles) => `${roles.join(' and ')}${instead}`)].join(', or ');
  const able = [[wrong], ...others].map((roles) => ableTo(contracts, roles)).join('; or ');
  return `missing input: ${id} needs ${wanted}. add a stage that gives it to ${stage}.needs: ${able}`;
}

const ableTo = (contracts: ReadonlyMap<string, Contract>, roles: readonly Role[]): string =>
  roles.map((role) => givers(contracts, role).join(', ') || 'none here').join(' and ');
