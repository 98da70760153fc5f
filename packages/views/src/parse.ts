import { UserError } from '@simclr/stage';
import {
  defaultOf,
  isCrop,
  OPERATIONS,
  type Operation,
  type OperationName,
  operationOf,
  type Parameter,
  type Policy,
  type Rule,
  type Value,
} from './policy.ts';

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

const WORD = /[a-z][a-z0-9_]*/;
const NUMBER = /-?\d+(\.\d+)?(e-?\d+)?/;

function readNumber(
  reader: Reader,
  { min, max, integer = false }: { min: number; max: number; integer?: boolean },
): number {
  const start = reader.at;
  const text = reader.take(NUMBER);
  if (text === undefined) reader.fail('not a number', reader.text.slice(start, start + 8), `${min}..${max}`, start);
  const value = Number(text);
  if (integer && !Number.isInteger(value)) reader.fail('not a whole number', text, `${min}..${max}`, start);
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

function readArguments(reader: Reader, name: OperationName): Operation {
  const { parameters, first }: Rule = OPERATIONS[name];
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
          names.map((n) => `${n}=`).join(', ') || 'none',
          start,
        );
      }
      if (parameter in given) reader.fail(`argument of ${name} given twice`, parameter, 'once', start);
      given[parameter] = readValue(reader, parameters[parameter]);
    } while (reader.take(/,/) !== undefined);
    reader.expect(')');
  }
  const args: Record<string, Value> = {};
  for (const key of names) args[key] = given[key] ?? defaultOf(parameters[key]!, args);
  return { name, args };
}

/**
 * Reads the view mini-language, operations separated by `|`: `crop(area=0.08..1)|flip|jitter(0.5)|grayscale|blur`.
 * @throws UserError with the position of what is wrong and what is allowed there
 */
export function parsePolicy(text: string): Policy {
  const reader = new Reader(text);
  const policy: Operation[] = [];
  do {
    reader.space();
    const start = reader.at;
    const word = reader.take(WORD) ?? '';
    const name = operationOf(word);
    if (!name)
      return reader.fail(
        'unknown operation',
        word || (text[start] ?? 'end'),
        Object.keys(OPERATIONS).join(', '),
        start,
      );
    if (isCrop(name) && policy.length > 0) reader.fail('misplaced operation', name, `${name} first, one crop`, start);
    policy.push(readArguments(reader, name));
  } while (reader.take(/\|/) !== undefined);
  reader.space();
  if (reader.at < text.length) reader.fail('unexpected character', text[reader.at]!, "'|' or the end", reader.at);
  return policy;
}
