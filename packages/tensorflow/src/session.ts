import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { DT } from './graph/graph-def.ts';
import type { Precision } from './machine.ts';
import { sizeOf, type TensorData, type TensorSpec, type Tree } from './tensors.ts';
import { native } from './trace/binding.ts';

/** Content of a traced graph's `graph.json`. */
export interface GraphInfo {
  precision: Precision;
  state: Record<string, TensorSpec>;
  inputs: Record<string, TensorSpec>;
  outputs: Record<string, TensorSpec>;
  /** Inputs whose first dimension is open in the definition, whether or not it is in this graph. */
  openInputs: string[];
  info: { nodes: number; traceSeconds: number };
}

/** A graph in a TensorFlow session, with the state in it. */
export interface Compiled {
  /**
   * One call into the graph: runs the step and applies its updates. Synchronous; TensorFlow's own threads do the work.
   * @param inputs row-major values by name; every name, type, and size is checked
   * @throws UserError naming the input, what was given and what was expected
   */
  run(inputs: Record<string, Float32Array | Int32Array>): Record<string, TensorData>;
  /** State by name; all of it by default. */
  read(names?: readonly string[]): Tree;
  /** Sets state by name; the first time, all of it. Names that the graph does not have are an error. */
  write(state: Tree): void;
  dispose(): void;
  readonly info: GraphInfo;
}

/** Loads a traced graph. */
export function openSession(folder: string): Compiled {
  const info = JSON.parse(readFileSync(join(folder, 'graph.json'), 'utf8')) as GraphInfo;
  const session = native.loadSavedModel(folder, 'serve');
  const stateNames = Object.keys(info.state);
  const indexOf = new Map(stateNames.map((name, i) => [name, i]));
  const inputs = Object.entries(info.inputs);
  const feeds = inputs.map((_, i) => `in_${i}:0`).join(',');
  const outputs = Object.entries(info.outputs);
  const fetches = outputs.map((_, i) => `out_${i}:0`).join(',');
  const unwritten = new Set(stateNames);
  let open = true;

  const call = (
    values: { shape: number[]; dtype: 'float32' | 'int32'; data: Float32Array | Int32Array }[],
    feed: string,
    fetch: string,
  ) => {
    if (!open) throw new UserError('disposed graph: compile it again');
    const ids = values.map(({ shape, dtype, data }) => native.createTensor(shape, DT[dtype], data));
    try {
      const results = native.runSavedModel(session, ids, feed, fetch);
      const data = results.map(({ id, shape }) => ({
        shape,
        data: native.tensorDataSync(id) as Float32Array | Int32Array,
      }));
      for (const { id } of results) native.deleteTensor(id);
      return data;
    } finally {
      for (const id of ids) native.deleteTensor(id);
    }
  };

  const indices = (names: readonly string[]) =>
    names.map((name) => {
      const index = indexOf.get(name);
      if (index === undefined) throw new UserError(`unknown state: ${name}. the graph has: ${stateNames.join(', ')}`);
      return index;
    });

  return {
    info,
    run(given) {
      if (unwritten.size > 0)
        throw new UserError(`state not written: ${[...unwritten].join(', ')}. call write() first`);
      const unknown = Object.keys(given).find((name) => !(name in info.inputs));
      if (unknown !== undefined)
        throw new UserError(`unknown input: ${unknown}. expected: ${inputs.map(([name]) => name).join(', ')}`);
      const values = inputs.map(([name, spec]) => feed(name, spec, given[name]));
      const results = call(values, feeds, fetches);
      return Object.fromEntries(outputs.map(([name, { dtype }], i) => [name, { ...results[i]!, dtype }]));
    },
    read(names = stateNames) {
      if (names.length === 0) return {};
      const fetch = indices(names)
        .map((i) => `var_${i}/read:0`)
        .join(',');
      const results = call([], '', fetch);
      return Object.fromEntries(names.map((name, i) => [name, { ...results[i]!, dtype: info.state[name]!.dtype }]));
    },
    write(state) {
      const names = Object.keys(state);
      if (names.length === 0) return;
      const at = indices(names);
      const values = names.map((name) => {
        const { shape, dtype } = info.state[name]!;
        const value = state[name]!;
        if (value.dtype !== dtype || String(value.shape) !== String(shape)) {
          throw new UserError(
            `invalid state: ${name} is ${value.dtype} [${value.shape}]. expected ${dtype} [${shape}]`,
          );
        }
        return value;
      });
      call(values, at.map((i) => `init_${i}:0`).join(','), at.map((i) => `init_${i}/done:0`).join(','));
      for (const name of names) unwritten.delete(name);
    },
    dispose() {
      if (open) native.deleteSavedModel(session);
      open = false;
    },
  };
}

function feed(name: string, { shape, dtype }: TensorSpec, data: Float32Array | Int32Array | undefined): TensorData {
  const wanted = `${dtype} [${shape.map((n) => n ?? 'n')}]`;
  if (data === undefined) throw new UserError(`missing input: ${name}. expected ${wanted}`);
  const given =
    data instanceof Float32Array
      ? 'float32'
      : data instanceof Int32Array
        ? 'int32'
        : Object.prototype.toString.call(data);
  if (given !== dtype) throw new UserError(`invalid input: ${name} is ${given}. expected ${wanted}`);
  const rest = sizeOf(shape.map((n) => n ?? 1));
  const rows = data.length / rest;
  if (shape.includes(null) ? !Number.isInteger(rows) || rows === 0 : data.length !== rest) {
    throw new UserError(`invalid input: ${name} has ${data.length} values. expected ${wanted}`);
  }
  return { shape: shape.map((n) => n ?? rows), dtype, data };
}
