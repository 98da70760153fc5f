/**
 * As much of a WebAssembly assembler as the kernels need: expressions are lists of bytes, so that kernels are written,
 * read and checked as TypeScript, without a build step. Opcodes: webassembly.github.io/spec/core/binary/instructions.html.
 */
export type Code = readonly number[];

export const I32 = 0x7f;
export const F64 = 0x7c;
const V128 = 0x7b;
const EMPTY = 0x40;

/** Unsigned LEB128. */
function leb(n: number): number[] {
  const bytes: number[] = [];
  for (; n >= 0x80; n >>>= 7) bytes.push((n & 0x7f) | 0x80);
  return [...bytes, n];
}

function signedLeb(n: number): number[] {
  const bytes: number[] = [];
  for (; n < -0x40 || n >= 0x40; n >>= 7) bytes.push((n & 0x7f) | 0x80);
  return [...bytes, n & 0x7f];
}

const simd = (opcode: number): Code => [0xfd, ...leb(opcode)];
const plain =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];
const vector = (opcode: number) => plain(...simd(opcode));
const load =
  (opcode: number) =>
  (address: Code, offset = 0): Code => [...address, ...simd(opcode), 0, ...leb(offset)];

export const i32 = {
  const: (n: number): Code => [0x41, ...signedLeb(n)],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 0, ...leb(offset)],
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  lessThan: plain(0x49),
};

export const v128 = {
  load: load(0x00),
  load32Splat: load(0x09),
  load64Splat: load(0x0a),
  load32: load(0x5c),
  load64: load(0x5d),
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x0b), 0, ...leb(offset)],
  store64: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...simd(0x5b),
    0,
    ...leb(offset),
    0,
  ],
  /** The bits of `a` where the mask is set, of `b` elsewhere. */
  select: (a: Code, b: Code, mask: Code): Code => [...a, ...b, ...mask, ...simd(0x52)],
  and: vector(0x4e),
  /** Without the bits of the mask. */
  without: vector(0x4f),
  /** Four 32-bit lanes of two vectors: 0..3 of `a`, 4..7 of `b`. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    ...simd(0x0d),
    ...lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  ],
  /** Eight bytes as 32-bit integers: the first four. */
  widen: (bytes: Code): Code => [...bytes, ...simd(0x89), ...simd(0xa9)],
};

/**
 * Arithmetic on the lanes of a vector.
 * @param splat, comparisons, arithmetic opcodes, the latter the first of each group
 */
function lanes(splat: number, comparisons: number, arithmetic: number, constant: (value: number) => Code) {
  return {
    splat: vector(splat),
    const: (value: number): Code => [...constant(value), ...simd(splat)],
    equal: vector(comparisons),
    less: vector(comparisons + 2),
    greater: vector(comparisons + 3),
    lessOrEqual: vector(comparisons + 4),
    greaterOrEqual: vector(comparisons + 5),
    abs: vector(arithmetic),
    add: vector(arithmetic + 4),
    sub: vector(arithmetic + 5),
    mul: vector(arithmetic + 6),
    div: vector(arithmetic + 7),
    /** b where b < a, else a: a signed zero stays as `?:` leaves it. */
    least: vector(arithmetic + 10),
    /** b where a < b, else a. */
    most: vector(arithmetic + 11),
  };
}

export const f32x4 = {
  ...lanes(0x13, 0x41, 0xe0, (value) => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)]),
  fromIntegers: vector(0xfa),
};

export const f64x2 = {
  ...lanes(0x14, 0x47, 0xec, (value) => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)]),
  fromIntegers: vector(0xfe),
  /** The first two of four lanes. */
  fromFloats: vector(0x5f),
  /** As the first two of four lanes. */
  toFloats: vector(0x5e),
};

/** A scalar in single precision. */
export const single = plain(0xb6);

/** Precision in which kernels compute between two images of single precision. */
export type KernelPrecision = 'single' | 'double';

export interface Variable {
  get: Code;
  set(value: Code): void;
}

/** The body of one kernel, written statement by statement. */
export class Kernel {
  readonly parameters: number[];
  readonly #locals: number[] = [];
  readonly #code: number[] = [];
  readonly #prologue: number[] = [];
  readonly #once = new Map<string, Code>();

  constructor(...parameters: number[]) {
    this.parameters = parameters;
  }

  parameter(index: number): Variable {
    return { get: [0x20, index], set: (value) => this.do([...value, 0x21, index]) };
  }

  do(statement: Code): void {
    this.#code.push(...statement);
  }

  /** A variable of its own for a value that is used more than once. */
  variable(value: Code, type: number = V128): Variable {
    const index = this.parameters.length + this.#locals.push(type) - 1;
    const variable = { get: [0x20, ...leb(index)], set: (next: Code) => this.do([...next, 0x21, ...leb(index)]) };
    variable.set(value);
    return variable;
  }

  let(value: Code): Code {
    return this.variable(value).get;
  }

  /** A value computed once, before everything else: a constant, for use in a loop. */
  once(value: Code): Code {
    const key = value.join();
    const known = this.#once.get(key);
    if (known) return known;
    const index = this.parameters.length + this.#locals.push(V128) - 1;
    this.#prologue.push(...value, 0x21, ...leb(index));
    const get: Code = [0x20, ...leb(index)];
    this.#once.set(key, get);
    return get;
  }

  /** Runs the body once at least, for `at` = at, at + step, … while it is less than `end`. */
  loop(at: Variable, step: number | Code, end: Code, body: () => void): void {
    this.do([0x03, EMPTY]);
    body();
    at.set(i32.add(at.get, typeof step === 'number' ? i32.const(step) : step));
    this.do([...i32.lessThan(at.get, end), 0x0d, 0, 0x0b]);
  }

  get bytes(): Code {
    const locals = this.#locals.flatMap((type) => [1, type]);
    const body = [...leb(this.#locals.length), ...locals, ...this.#prologue, ...this.#code, 0x0b];
    return [...leb(body.length), ...body];
  }
}

const section = (id: number, items: Code[]): number[] => {
  const body = [...leb(items.length), ...items.flat()];
  return [id, ...leb(body.length), ...body];
};

const text = (name: string): number[] => [...leb(Buffer.byteLength(name)), ...Buffer.from(name)];

/** A module that exports the kernels by their names and works on an imported memory, `env.memory`. */
export function assemble(kernels: Record<string, Kernel>): Uint8Array<ArrayBuffer> {
  const [names, all] = [Object.keys(kernels), Object.values(kernels)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      all.map(({ parameters }) => [0x60, parameters.length, ...parameters, 0]),
    ),
    ...section(2, [[...text('env'), ...text('memory'), 2, 0, 1]]),
    ...section(
      3,
      all.map((_, i) => leb(i)),
    ),
    ...section(
      7,
      names.map((name, i) => [...text(name), 0, ...leb(i)]),
    ),
    ...section(
      10,
      all.map((kernel) => kernel.bytes),
    ),
  ]);
}
