import { makeAccumulate, makeGather } from './antialias-kernels.ts';
import { assemble, type KernelPrecision } from './assembler.ts';
import { makeConvolve } from './blur-kernels.ts';
import { colorKernels } from './color-kernels.ts';
import { makeWiden, resizeKernels } from './resize-kernels.ts';

// What of WebAssembly is used: its types are in the DOM library only, which a program for Node does not have.
declare namespace WebAssembly {
  class Memory {
    constructor(limits: { initial: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } });
    readonly exports: Record<string, unknown>;
  }
}

const kernelsOf = (precision: KernelPrecision) => ({
  ...colorKernels(precision),
  ...resizeKernels(precision),
  convolve: makeConvolve(),
  widenSingle: makeWiden('single'),
  gather: makeGather(),
  accumulate: makeAccumulate(),
});
const PAGE = 65_536;

/** Kernels work on addresses: numbers of bytes into the memory. */
export type Kernels = Record<keyof ReturnType<typeof kernelsOf>, (...args: number[]) => void>;

const modules: Partial<Record<KernelPrecision, WebAssembly.Module>> = {};

/** A buffer in a machine's memory, as large as the largest request so far. */
export class Room {
  readonly #machine: VectorMachine;
  #address = 0;
  #bytes = 0;

  constructor(machine: VectorMachine) {
    this.#machine = machine;
  }

  /** @returns its address, now: what was in it may be lost */
  reserve(bytes: number): number {
    if (bytes > this.#bytes) {
      // What was there stays unused: half as much again, so that it is rarely outgrown.
      this.#bytes = Math.ceil(1.5 * bytes);
      this.#address = this.#machine.allocate(this.#bytes);
    }
    return this.#address;
  }

  /**
   * Copies bytes in.
   * @returns their address
   */
  take(source: Uint8Array, from: number, bytes: number): number {
    const address = this.reserve(bytes);
    this.#machine.bytes.set(source.subarray(from, from + bytes), address);
    return address;
  }
}

/** The vector kernels and a memory of their own; growing it replaces its views. */
export class VectorMachine {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly run: Kernels;
  #used = 64;
  bytes: Uint8Array;
  floats: Float32Array;
  doubles: Float64Array;
  integers: Int32Array;

  constructor(precision: KernelPrecision) {
    modules[precision] ??= new WebAssembly.Module(assemble(kernelsOf(precision)));
    const { exports } = new WebAssembly.Instance(modules[precision], { env: { memory: this.#memory } });
    this.run = exports as Kernels;
    this.bytes = this.floats = this.doubles = this.integers = undefined as never;
    this.#view();
  }

  /**
   * Room for so many bytes and 64 more, since kernels write whole vectors.
   * @returns its address, a multiple of 64
   */
  allocate(bytes: number): number {
    const address = this.#used;
    this.#used = Math.ceil((address + bytes + 64) / 64) * 64;
    const missing = this.#used - this.bytes.length;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE));
      this.#view();
    }
    return address;
  }

  /** Room for what differs in size from call to call. */
  room(): Room {
    return new Room(this);
  }

  #view(): void {
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer);
    this.floats = new Float32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.integers = new Int32Array(buffer);
  }
}
