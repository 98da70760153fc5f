import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheKey } from './cache-key.ts';
import type { DefinitionReference } from './definition.ts';
import { choosePrecision, type Precision, targetOf } from './machine.ts';
import { type Compiled, openSession } from './session.ts';
import type { TraceRequest } from './trace/child.ts';

export interface CompileOptions {
  /** Default `fp32`. */
  precision?: 'auto' | Precision;
  /** Folder of traced graphs; default `.cache/graphs` in the repository. */
  cache?: string;
}

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
  const cache = options.cache ?? join(REPOSITORY, '.cache/graphs');
  const target = targetOf(precision);
  const folder = join(cache, cacheKey(definition, target));
  if (!existsSync(folder)) await traceInChild({ definition, target, folder });
  return openSession(folder);
}

async function traceInChild(request: TraceRequest): Promise<void> {
  mkdirSync(dirname(request.folder), { recursive: true });
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('trace/child.ts', import.meta.url)), JSON.stringify(request)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let message = '';
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    message += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    rest += chunk;
  });
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  if (code !== 0) throw new Error(message || `the trace ended with ${code}: ${rest.trim().split('\n').at(-1)}`);
}
