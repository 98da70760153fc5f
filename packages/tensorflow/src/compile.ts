import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefinitionReference } from './definition.ts';
import { choosePrecision, type Precision, targetOf } from './machine.ts';
import { type Compiled, openSession } from './session.ts';
import { tracedFolder } from './trace-in-child.ts';

export interface CompileOptions {
  /** Default `fp32`. */
  precision?: 'auto' | Precision;
  /** Folder of traced graphs; default `.cache/graphs` in the repository. */
  cache?: string;
}

const graphsFolder = ({ cache }: CompileOptions): string => cache ?? join(REPOSITORY, '.cache/graphs');

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * A traced function as one TensorFlow graph. The trace runs in a child process, and the graph is cached by content: the
 * function's sources and arguments, the engine, TensorFlow's version, the precision.
 *
 * @example
 * ```ts
 * const step = await compile({ module: import.meta.resolve('./step.ts'), export: 'trainStep', args: { batch: 128 } });
 * step.write(initialState);
 * const { loss } = step.run({ views, learningRate: Float32Array.of(0.1) });
 * ```
 * @throws Error with the trace's message where the function cannot be traced
 */
export async function compile(definition: DefinitionReference, options: CompileOptions = {}): Promise<Compiled> {
  const { precision } = choosePrecision(options.precision ?? 'fp32');
  return openSession(await tracedFolder(definition, { cache: graphsFolder(options), target: targetOf(precision) }));
}
