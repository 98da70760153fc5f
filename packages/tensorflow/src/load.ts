import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { UserError } from '@simclr/stage';
import type * as TensorFlow from '@tensorflow/tfjs-node';
import { availableCores } from './cpu.ts';

// tfjs-node 4.22 calls helpers that Node 23 removed from `util`; they must exist before it is required.
const legacy = util as unknown as Record<string, unknown>;
legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
legacy.isArray = Array.isArray; // Deprecated where it still exists, with a warning at each call.

const PACKAGE = '@tensorflow/tfjs-node';

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

/**
 * @tensorflow/tfjs-node-gpu is the same JavaScript and C++ as @tensorflow/tfjs-node (docs/gpu.md), so there is one package
 * and an add-on for each device. tfjs-node loads the add-on that node-pre-gyp's `find` names, and that knows one place;
 * here it is made to name the GPU's. The CPU's stays where tfjs-node finds it by itself.
 */
function useGpuAddon(require: NodeJS.Require): void {
  const ofTfjsNode = createRequire(require.resolve(PACKAGE));
  // Where `find` is really kept: on the package itself it is a getter.
  const kept = ofTfjsNode('@mapbox/node-pre-gyp/lib/pre-binding.js') as { find: (packageJson: string) => string };
  kept.find = (packageJson) => join(dirname(packageJson), 'lib/napi-v8-gpu/tfjs_binding.node');
}

function load(): typeof TensorFlow {
  const device = process.env.TFJS_DEVICE ?? 'cpu';
  if (device !== 'cpu' && device !== 'gpu') throw new UserError(`invalid TFJS_DEVICE: ${device}. allowed: cpu, gpu`);
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
  const require = createRequire(import.meta.url);
  let loaded: typeof TensorFlow;
  try {
    if (device === 'gpu') useGpuAddon(require);
    // By its literal name, by which a stage's code is found to depend on it (tools/pipelines/src/inputs/code/reach.ts).
    loaded = require('@tensorflow/tfjs-node') as typeof TensorFlow;
  } catch (error) {
    const why = (error as Error).message.split('\n')[0]?.replace(/[. ]+$/, '');
    const setUp = device === 'gpu' ? 'TFJS_DEVICE=gpu npm run setup' : 'npm run setup';
    throw new UserError(`cannot load ${PACKAGE} for the ${device}: ${why}. set it up: ${setUp}`);
  }
  // TensorFlow goes on without a word on the CPU: days of training in the wrong place.
  if (device === 'gpu' && !(loaded.backend() as unknown as { isUsingGpuDevice: boolean }).isUsingGpuDevice)
    throw new UserError(
      'no gpu found: tensorflow sees the cpu alone. check nvidia-smi and CUDA_VISIBLE_DEVICES; TF_CPP_MIN_LOG_LEVEL=0 says why. ' +
        'to use the cpu: unset TFJS_DEVICE',
    );
  return loaded;
}

/** tfjs-node on the device of `TFJS_DEVICE`, cpu or gpu, loaded under our environment. */
export const tf = load();
export type { TensorFlow };
