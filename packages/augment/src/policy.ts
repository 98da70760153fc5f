import { UserError } from '@simclr/stage';

/** An argument of an operation: how it is written and what it is when left out. */
export type Parameter =
  | { kind: 'number'; default: number; min: number; max: number }
  | { kind: 'range'; default: readonly [number, number]; min: number; max: number }
  | { kind: 'choice'; default: string; allowed: readonly string[] };

export type Value = number | string | readonly [number, number];

export interface Operation {
  name: string;
  /** Every parameter of the operation, defaults filled in. */
  args: Record<string, Value>;
}

/** Operations in the order in which they are applied. */
export type Policy = readonly Operation[];

interface Rule {
  parameters: Record<string, Parameter>;
  /** The parameter that may be written without its name. */
  first?: string;
}

const probability = (value: number): Parameter => ({ kind: 'number', default: value, min: 0, max: 1 });

/** The operations of the paper's policy (appendix A; tf2/data_util.py), with the reference's defaults. */
export const OPERATIONS: Record<string, Rule> = {
  crop: {
    parameters: {
      /** Share of the image's area. */
      area: { kind: 'range', default: [0.08, 1], min: 0.001, max: 1 },
      /** Width over height. */
      ratio: { kind: 'range', default: [0.75, 1.3333], min: 0.1, max: 10 },
      /** `reference`: TensorFlow's sample_distorted_bounding_box, which favours small crops and never goes under 10 % of the area. */
      sampler: { kind: 'choice', default: 'reference', allowed: ['reference', 'torchvision'] },
    },
  },
  flip: { parameters: { p: probability(0.5) } },
  jitter: {
    first: 'strength',
    parameters: {
      /** s: brightness, contrast and saturation by up to 0.8 s, hue by up to 0.2 s. */
      strength: { kind: 'number', default: 1, min: 0, max: 2 },
      p: probability(0.8),
      order: { kind: 'choice', default: 'random', allowed: ['random', 'fixed'] },
      /** Brightness is multiplied in v2, added to in v1. */
      impl: { kind: 'choice', default: 'v2', allowed: ['v1', 'v2'] },
    },
  },
  grey: { parameters: { p: probability(0.2) } },
  blur: { parameters: { p: probability(0.5), sigma: { kind: 'range', default: [0.1, 2], min: 0.01, max: 20 } } },
};

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  fail(what: string, value: string, allowed: string, at: number): never {
    throw new UserError(`${what}: '${value}' at ${at} of view policy '${this.text}'. allowed: ${allowed}`);
  }

  space(): void {
    while (this.text[this.at] === ' ') this.at++;
  }

  take(pattern: RegExp): string | undefined {
    this.space();
    const found = new RegExp(pattern.source, 'y');
    found.lastIndex = this.at;
    const match = found.exec(this.text)?.[0];
    if (match !== undefined) this.at += match.length;
    return match;
  }

  expect(character: string): void {
    this.space();
    if (this.text[this.at] !== character)
      this.fail('unexpected character', this.text[this.at] ?? 'end', `'${character}'`, this.at);
    this.at++;
  }
}

const WORD = /[a-z][a-z0-9]*/;
const NUMBER = /-?\d+(\.\d+)?(e-?\d+)?/;

function readNumber(reader: Reader, { min, max }: { min: number; max: number }): number {
  const start = reader.at;
  const text = reader.take(NUMBER);
  if (text === undefined) reader.fail('not a number', reader.text.slice(start, start + 8), `${min}..${max}`, start);
  const value = Number(text);
  if (value < min || value > max) reader.fail('out of range', text, `${min}..${max}`, start);
  return value;
}

function readValue(reader: Reader, parameter: Parameter): Value {
  const start = reader.at;
  if (parameter.kind === 'number') return readNumber(reader, parameter);
  if (parameter.kind === 'choice') {
    const word = reader.take(WORD);
    if (word !== undefined && parameter.allowed.includes(word)) return word;
    return reader.fail('unknown value', word ?? '', parameter.allowed.join(', '), start);
  }
  const low = readNumber(reader, parameter);
  if (reader.take(/\.\./) === undefined) reader.fail('not a range', reader.text.slice(start, reader.at), 'a..b', start);
  const high = readNumber(reader, parameter);
  if (high < low) reader.fail('empty range', `${low}..${high}`, 'a..b with a <= b', start);
  return [low, high];
}

function readArguments(reader: Reader, name: string, { parameters, first }: Rule): Operation {
  const given: Record<string, Value> = {};
  const names = Object.keys(parameters);
  if (reader.take(/\(/) !== undefined && reader.take(/\)/) === undefined) {
    do {
      reader.space();
      const start = reader.at;
      const key = reader.take(/[a-z]+(?=\s*=)/);
      if (key !== undefined) reader.expect('=');
      const parameter = key ?? (Object.keys(given).length === 0 ? first : undefined);
      if (parameter === undefined || !parameters[parameter]) {
        reader.fail(
          `unknown argument of ${name}`,
          key ?? reader.text.slice(start, start + 8),
          names.map((n) => `${n}=`).join(', '),
          start,
        );
      }
      if (parameter in given) reader.fail(`argument of ${name} given twice`, parameter, 'once', start);
      given[parameter] = readValue(reader, parameters[parameter]);
    } while (reader.take(/,/) !== undefined);
    reader.expect(')');
  }
  return { name, args: Object.fromEntries(names.map((key) => [key, given[key] ?? parameters[key]!.default])) };
}

/**
 * Reads the view mini-language, operations separated by `|`: `crop(area=0.08..1)|flip|jitter(0.5)|grey|blur`.
 * @throws UserError with the position of what is wrong and what is allowed there
 */
export function parsePolicy(text: string): Policy {
  const reader = new Reader(text);
  const policy: Operation[] = [];
  do {
    reader.space();
    const start = reader.at;
    const name = reader.take(WORD) ?? '';
    const rule = OPERATIONS[name];
    if (!rule)
      reader.fail('unknown operation', name || (text[start] ?? 'end'), Object.keys(OPERATIONS).join(', '), start);
    if (name === 'crop' && policy.length > 0) reader.fail('misplaced operation', name, 'crop first, once', start);
    policy.push(readArguments(reader, name, rule as Rule));
  } while (reader.take(/\|/) !== undefined);
  reader.space();
  if (reader.at < text.length) reader.fail('unexpected character', text[reader.at]!, "'|' or the end", reader.at);
  return policy;
}

const same = (a: Value, b: Value): boolean => String(a) === String(b);
const printValue = (value: Value): string => (typeof value === 'object' ? `${value[0]}..${value[1]}` : String(value));

/** The shortest text of a policy: what is equal to a default is left out. Equal policies print equal. */
export function printPolicy(policy: Policy): string {
  return policy
    .map(({ name, args }) => {
      const { parameters, first } = OPERATIONS[name]!;
      const changed = Object.entries(args).filter(([key, value]) => !same(value, parameters[key]!.default));
      const printed = changed.map(([key, value]) =>
        key === first ? printValue(value) : `${key}=${printValue(value)}`,
      );
      return printed.length > 0 ? `${name}(${printed.join(',')})` : name;
    })
    .join('|');
}
