import { createRequire } from 'node:module';
import util from 'node:util';
import { UserError } from '@simclr/stage';
import type * as TensorFlow from '@tensorflow/tfjs-node';
import { availableCores } from './cpu.ts';

// tfjs-node 4.22 calls helpers that Node 23 removed from `util`; they must exist before it is required.
const legacy = util as unknown as Record<string, unknown>;
legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
legacy.isArray = Array.isArray; // Deprecated where it still exists, with a warning at each call.

/**
 * What libtensorflow reads from the environment when it is loaded. A value that the user has set stays.
 *
 * - `TF_ENABLE_ONEDNN_OPTS=1`: off by itself on AMD, where a step then takes 1.6 times as long
 * - `TF_NUM_INTRAOP_THREADS`: threads within an op, the cores this process may really use. Results are bitwise equal from
 *   run to run for one number of them, and within rounding between numbers
 * - `TF_NUM_INTEROP_THREADS`: ops side by side, as many: a step takes 5 % less in fp32 and 12 % less in bf16 than one by
 *   one, with the same results to the bit
 * - `TF_FORCE_GPU_ALLOW_GROWTH=true`: several stages can share a GPU
 */
const ENVIRONMENT: Record<string, string> = {
  TF_ENABLE_ONEDNN_OPTS: '1',
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTRAOP_THREADS: String(availableCores()),
  TF_NUM_INTEROP_THREADS: String(availableCores()),
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
};

function load(): typeof TensorFlow {
  const device = process.env.TFJS_DEVICE ?? 'cpu';
  if (device !== 'cpu' && device !== 'gpu') throw new UserError(`invalid TFJS_DEVICE: ${device}. allowed: cpu, gpu`);
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
  const name = device === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const require = createRequire(import.meta.url);
  try {
    return require(name) as typeof TensorFlow;
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    throw new UserError(`cannot load ${name}: ${why}. set it up: npm run setup`);
  }
}

/** tfjs-node (or -node-gpu, by `TFJS_DEVICE=gpu`), loaded under our environment. */
export const tf = load();
export type { TensorFlow };
