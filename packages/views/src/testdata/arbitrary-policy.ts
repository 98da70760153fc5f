import fc from 'fast-check';
import {
  CROPS,
  isCrop,
  isOperation,
  OPERATIONS,
  type Operation,
  type OperationName,
  type Policy,
  type Value,
} from '../policy.ts';

/** Thousandths, evenly spread: of doubles nearly all that fast-check draws are next to nothing. */
const number = (min: number, max: number) =>
  fc.integer({ min: Math.ceil(1000 * min), max: Math.floor(1000 * max) }).map((thousandths) => thousandths / 1000);

/** Largest values of parameters by `operation.parameter`, for policies that are to be applied. */
type Limits = Record<string, number>;

const operation = (name: OperationName, limits: Limits): fc.Arbitrary<Operation> =>
  fc
    .record(
      Object.fromEntries(
        Object.entries(OPERATIONS[name].parameters).map(([key, parameter]): [string, fc.Arbitrary<Value>] => {
          if (parameter.kind === 'choice') return [key, fc.constantFrom(...parameter.allowed)];
          const { min } = parameter;
          const max = Math.min(parameter.max, limits[`${name}.${key}`] ?? Number.POSITIVE_INFINITY);
          if (parameter.kind === 'number') return [key, parameter.integer ? fc.integer({ min, max }) : number(min, max)];
          const bound = number(min, max);
          return [key, fc.tuple(bound, bound).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)];
        }),
      ),
    )
    .map((args) => ({ name, args: args as Record<string, Value> }));

/** Any crop and up to so many operations after it, with any arguments. */
export function arbitraryPolicy(maxLength = 5, limits: Limits = {}): fc.Arbitrary<Policy> {
  const of = (names: readonly OperationName[]) => fc.oneof(...names.map((name) => operation(name, limits)));
  const rest = Object.keys(OPERATIONS).filter((name) => isOperation(name) && !isCrop(name)) as OperationName[];
  return fc.tuple(of(CROPS), fc.array(of(rest), { maxLength })).map(([crop, others]) => [crop, ...others]);
}
