import type { TensorSpec, Tensors } from './tensors.ts';

/** A pure function over named tensors, to be traced once and run as a graph. */
export interface StepDefinition {
  /** Tensors that live in the session between calls: names, dtypes, shapes. Written before the first run. */
  state: Record<string, TensorSpec>;
  /** Tensors fed at every call. A null first dimension is open: see `compile`. */
  inputs: Record<string, TensorSpec>;
  /** Runs under tf.tidy. `state` in the result holds the entries that change. */
  step(state: Tensors, inputs: Tensors): { state?: Tensors; outputs: Tensors };
}

/** Where a definition is found: `export` of `module` is a function from `args` to a StepDefinition. */
export interface DefinitionReference {
  /** URL of a TypeScript module, for example `import.meta.resolve('./step.ts')`. */
  module: string;
  export: string;
  /** Plain JSON: it is part of the graph's cache key. */
  args: unknown;
}

/** Imports a definition. */
export async function loadDefinition({ module, export: name, args }: DefinitionReference): Promise<StepDefinition> {
  const exports = (await import(module)) as Record<string, unknown>;
  const make = exports[name];
  if (typeof make !== 'function') throw new Error(`no function to trace: ${name} in ${module}`);
  return make(args) as StepDefinition;
}
