import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

const addon = createRequire(import.meta.url)
  .resolve('@tensorflow/tfjs-node/package.json')
  .replace('package.json', 'lib/napi-v8-gpu/tfjs_binding.node');
const installed = existsSync(addon);
if (!installed) console.warn('gpu.test.ts skipped: no gpu build. run TFJS_DEVICE=gpu npm run setup');

/** Runs code with `message`, what loading for a GPU threw, on any machine as on one without a GPU. */
function withoutGpu(code: string): string {
  const load = JSON.stringify(import.meta.resolve('./load.ts'));
  const script = `import(${load}).then(() => 'loaded', ({ name, message }) => name + ': ' + message).then((message) => { ${code} })`;
  const env = { ...process.env, TFJS_DEVICE: 'gpu', CUDA_VISIBLE_DEVICES: '-1' };
  return execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8', stdio: 'pipe' }).trim();
}

it.skipIf(installed)('a gpu that is not set up is said in one line, with how to', () => {
  expect(withoutGpu('console.log(message)')).toMatch(
    /^UserError: cannot load @tensorflow\/tfjs-node for the gpu: .*lib\/napi-v8-gpu\/tfjs_binding\.node\. set it up: TFJS_DEVICE=gpu npm run setup$/,
  );
});

describe.runIf(installed)('the gpu build without a gpu', () => {
  it('is an error, never the cpu instead', () => {
    expect(withoutGpu('console.log(message)')).toMatch(/^UserError: no gpu found: .*$/);
  });

  it('is the CUDA libtensorflow, and computes', () => {
    const said = withoutGpu(`
      const tf = require('@tensorflow/tfjs-node');
      const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]]));
      const maps = require('fs').readFileSync('/proc/self/maps', 'utf8');
      const library = /(cpu|gpu)\\/deps\\/lib\\/libtensorflow_cc/g;
      console.log(JSON.stringify({ values: [...product.dataSync()], builds: [...new Set([...maps.matchAll(library)].map((m) => m[1]))] }));
    `);
    expect(JSON.parse(said)).toEqual({ values: [19, 22, 43, 50], builds: ['gpu'] });
  });
});
