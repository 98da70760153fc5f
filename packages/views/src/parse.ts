import { UserError } from '@simclr/stage';
import {
  defaultOf,
  isCrop,
  OPERATIONS,
  type Operation,
  operationOf,
  type Parameter,
  type Policy,
  type Rule,
  type Value,
} from './policy.ts';

/** Operations with arguments, and what a text of them is called. */
export interface Language<Name extends string> {
  what: string;
  rules: Readonly<Record<Name, Rule>>;
  /** The operation that a word means. */
  find(word: string): Name | undefined;
  /** Operations of which one may come, and first. */
  isFirst(name: Name): boolean;
}

const POLICIES: Language<keyof typeof OPERATIONS> = {
  what: 'view policy',
  rules: OPERATIONS,
  find: operationOf,
  isFirst: isCrop,
};

class Reader {
  readonly text: string;
  readonly #what: string;
  at = 0;

  constructor(text: string, what: string) {
    this.text = text;
    this.#what = what;
  }

  fail(what: string, value: string, allowed: string, at: number): never {
    throw new UserError(`${what}: '${value}' at ${at} of ${this.#what} '${this.text}'. allowed: ${allowed}`);
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
  if (parameter.kind === 'numbers') {
    const numbers = [low];
    while (/^ *-?\d/.test(reader.text.slice(reader.at))) numbers.push(readNumber(reader, parameter));
    return numbers;
  }
  if (reader.take(/\.\./) === undefined) reader.fail('not a range', reader.text.slice(start, reader.at), 'a..b', start);
  const high = readNumber(reader, parameter);
  if (high < low) reader.fail('empty range', `${low}..${high}`, 'a..b with a <= b', start);
  return [low, high];
}

function readArguments<Name extends string>(reader: Reader, name: Name, { parameters, first }: Rule): Operation<Name> {
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
 * Reads operations with a `|` between them.
 * @throws UserError with the position of what is wrong and what is allowed there
 */
export function parseOperations<Name extends string>(text: string, language: Language<Name>): Operation<Name>[] {
  const { what, rules, find, isFirst } = language;
  const reader = new Reader(text, what);
  const operations: Operation<Name>[] = [];
  do {
    reader.space();
    const start = reader.at;
    const word = reader.take(WORD) ?? '';
    const name = find(word);
    if (!name)
      return reader.fail('unknown operation', word || (text[start] ?? 'end'), Object.keys(rules).join(', '), start);
    if (isFirst(name) && operations.length > 0)
      reader.fail('misplaced operation', name, `${name} first, one crop`, start);
    operations.push(readArguments(reader, name, rules[name]));
  } while (reader.take(/\|/) !== undefined);
  reader.space();
  if (reader.at < text.length) reader.fail('unexpected character', text[reader.at]!, "'|' or the end", reader.at);
  return operations;
}

/**
 * Reads the view mini-language: `crop(area=0.08..1)|flip|jitter(0.5)|grayscale|blur`.
 * @throws UserError as `parseOperations`
 */
export const parsePolicy = (text: string): Policy => parseOperations(text, POLICIES);
