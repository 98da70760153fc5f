import { defaultOf, OPERATIONS, type Policy, type Value } from './policy.ts';

const same = (a: Value, b: Value): boolean => String(a) === String(b);
const printValue = (value: Value): string => (typeof value === 'object' ? value.join('..') : String(value));

/** The shortest text of a policy: what is equal to a default is left out. Equal policies print equal. */
export function printPolicy(policy: Policy): string {
  return policy
    .map(({ name, args }) => {
      const { parameters, first } = OPERATIONS[name];
      const changed = Object.entries(args).filter(([key, value]) => !same(value, defaultOf(parameters[key]!, args)));
      const printed = changed.map(([key, value]) =>
        key === first ? printValue(value) : `${key}=${printValue(value)}`,
      );
      return printed.length > 0 ? `${name}(${printed.join(',')})` : name;
    })
    .join('|');
}
