import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse.ts';
import { OPERATIONS, type Operation, type Value } from './policy.ts';
import { printPolicy } from './print.ts';

const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true }).map((v) => Math.min(max, Math.max(min, Number(v.toFixed(3)))));

const operation = (name: string): fc.Arbitrary<Operation> =>
  fc
    .record(
      Object.fromEntries(
        Object.entries(OPERATIONS[name]!.parameters).map(([key, parameter]): [string, fc.Arbitrary<Value>] => {
          if (parameter.kind === 'choice') return [key, fc.constantFrom(...parameter.allowed)];
          if (parameter.kind === 'number') {
            const { min, max, integer } = parameter;
            return [key, integer ? fc.integer({ min, max }) : number(min, max)];
          }
          const bound = number(parameter.min, parameter.max);
          return [key, fc.tuple(bound, bound).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)];
        }),
      ),
    )
    .map((args) => ({ name, args: args as Record<string, Value> }));

describe('the view mini-language', () => {
  it('reads what it prints', () => {
    const rest = Object.keys(OPERATIONS).filter((name) => name !== 'crop');
    const policy = fc
      .tuple(operation('crop'), fc.array(fc.oneof(...rest.map(operation)), { maxLength: 5 }))
      .map(([crop, others]) => [crop, ...others]);
    fc.assert(
      fc.property(policy, (p) => {
        expect(parsePolicy(printPolicy(p))).toEqual(p);
      }),
    );
  });

  it('prints the shortest text, however it was written', () => {
    expect(
      printPolicy(parsePolicy(' crop( area = 0.08 .. 1 ) | flip(p=0.5)|jitter(strength=0.5, p=0.8)|grey() ')),
    ).toBe('crop|flip|jitter(0.5)|grey');
    expect(printPolicy(parsePolicy('crop(area=0.2..1,sampler=torchvision)|blur(sigma=0.5..1)'))).toBe(
      'crop(area=0.2..1,sampler=torchvision)|blur(sigma=0.5..1)',
    );
  });

  it('leaves out of jitter what follows from its strength', () => {
    expect(printPolicy(parsePolicy('jitter(0.5,brightness=0.4,hue=0.1,contrast=0.2)'))).toBe(
      'jitter(0.5,contrast=0.2)',
    );
    expect(parsePolicy('jitter(0.5)')[0]!.args).toMatchObject({ brightness: 0.4, saturation: 0.4, hue: 0.1 });
  });

  it.each([
    ['crop|flup', "unknown operation: 'flup' at 5 of view policy 'crop|flup'. allowed: crop, flip, jitter, grey, blur"],
    ['crop|', /^unknown operation: 'end' at 5/],
    ['flip|crop', /^misplaced operation: 'crop' at 5 .* allowed: crop first, once$/],
    ['crop(area=0.5..2)', /^out of range: '2' at 15 .* allowed: 0\.001\.\.1$/],
    ['crop(area=0.5)', /^not a range: /],
    ['crop(area=0.9..0.2)', /^empty range: '0\.9\.\.0\.2'/],
    [
      'jitter(0.5,q=1)',
      /^unknown argument of jitter: 'q' at 11 .* allowed: strength=, brightness=, contrast=, saturation=, hue=, p=, order=, impl=$/,
    ],
    ['jitter(p=1,p=1)', /^argument of jitter given twice: 'p' at 11/],
    ['jitter(order=upward)', /^unknown value: 'upward' at 13 .* allowed: random, fixed$/],
    ['crop(to=2.5)', /^not a whole number: '2\.5' at 8/],
    ['flip(p=x)', /^not a number: 'x\)' at 7/],
    ['flip!', /^unexpected character: '!' at 4/],
    ['flip(p=1', /^unexpected character: 'end' at 8/],
  ])('%s is refused with the position', (text, message) => {
    expect(() => parsePolicy(text)).toThrow(message);
  });
});
