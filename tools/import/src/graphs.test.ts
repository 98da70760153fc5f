import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EncoderInfo, type GraphEncoderInfo, readAnyEncoderInfo } from '@simclr/artifacts';
import { openEncoder } from '@simclr/encoders';
import { importEncoder } from '@simclr/import-encoder';
import { encoderFlops } from '@simclr/nn/plan';
import { addressed } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const checkpoint = join(root, 'packages/nn/src/checkpoints/testdata/resnet50.safetensors');
const dir = mkdtempSync(join(tmpdir(), 'graphs-'));
afterAll(() => rmSync(dir, { recursive: true }));

function call(tool: string, ...args: string[]) {
  const env = { ...process.env, INIT_CWD: dir };
  const main = join(root, `tools/${tool}/src/main.ts`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

async function featuresOf(folder: string, images: Float32Array) {
  const encoder = await openEncoder(join(dir, folder));
  const features = await encoder.embed(images);
  encoder.dispose();
  return features;
}

beforeAll(() => {
  expect(call('import', checkpoint, 'torch', '--size', '40').status).toBe(0);
  expect(call('export', 'torch', 'net.onnx').status).toBe(0);
  expect(call('export', 'torch', 'net').status).toBe(0);
});

describe('one network from a checkpoint of torch, as ONNX and as a SavedModel', () => {
  it('is imported from each, by what the files carry, gives the same features, and costs as much', async () => {
    expect(call('import', 'net.onnx', 'onnx').stdout).toMatch(/^onnx: encoder\.json, encoder\.onnx\nformat {3}ONNX, /);
    expect(call('import', 'net', 'saved').stdout).toMatch(/^saved: encoder\.json, saved_model\nformat {3}SavedModel, /);
    const random = addressed(1);
    const images = Float32Array.from({ length: 3 * 40 * 40 * 3 }, () => random.next());
    const ours = await featuresOf('torch', images);
    const largest = Math.max(...ours.map(Math.abs));
    for (const folder of ['onnx', 'saved']) {
      const theirs = await featuresOf(folder, images);
      expect(theirs).toHaveLength(ours.length);
      for (const [i, value] of theirs.entries()) expect(Math.abs(value - ours[i]!) / largest).toBeLessThan(1e-4);
    }
    const flopsOf = (folder: string) => (readAnyEncoderInfo(join(dir, folder)) as GraphEncoderInfo).flops;
    const info = readAnyEncoderInfo(join(dir, 'torch')) as EncoderInfo;
    const flops = encoderFlops(info.architecture, info.inputShape);
    expect([flopsOf('onnx'), flopsOf('saved')]).toEqual([flops, flops]);
  });

  it.each(['net.onnx', 'net'])('%s: nothing is said of what TensorFlow says when it is loaded', (model) => {
    const said = join(dir, 'said.txt');
    const env = { ...process.env, INIT_CWD: dir, TF_CPP_MIN_LOG_LEVEL: undefined };
    const args = [process.execPath, join(root, 'tools/import/src/main.ts'), model, `quiet-${model}`];
    const { status } = spawnSync('sh', ['-c', `"$0" "$@" 2> ${said}`, ...args], { env });
    expect([status, readFileSync(said, 'utf8')]).toEqual([0, '']);
  });

  it('is imported again from its own folder, to the same bytes', async () => {
    for (const folder of ['torch', 'onnx']) {
      await importEncoder(join(dir, folder), join(dir, `${folder}-again`));
      expect(readdirSync(join(dir, `${folder}-again`)).sort()).toEqual(readdirSync(join(dir, folder)).sort());
      for (const file of readdirSync(join(dir, folder)))
        expect(readFileSync(join(dir, `${folder}-again`, file)).equals(readFileSync(join(dir, folder, file)))).toBe(
          true,
        );
    }
  });
});

describe('what is said of a graph', () => {
  const at = (...names: string[]) => names.map((name) => join(dir, name)) as [string, string];

  it('by the option counts, and is written down', async () => {
    const preprocess = 'squash(40,resize=bilinear)|normalize(imagenet)|tensor(channels=bgr)';
    await importEncoder(...at('net.onnx', 'stated'), { preprocess });
    expect(readAnyEncoderInfo(join(dir, 'stated'))).toMatchObject({
      format: 'onnx',
      preprocessing: {
        squash: true,
        resize: 'bilinear',
        antialias: false,
        channels: 'BGR',
        mean: [0.485, 0.456, 0.406],
      },
    });
  });

  it.each<[string, object, RegExp]>([
    ['net.onnx', { normalize: 'none' }, /^ignored option: normalize is of checkpoints, and \S+net\.onnx is none/],
    ['../ckpt', { preprocess: 'squash(8)' }, /^ignored option: preprocess is of graphs \(ONNX, SavedModel\), and /],
    ['net.onnx', { output: 'pool5' }, /^unknown output: pool5 of \S+\. allowed: features \[n, \d+\]$/],
    ['net.onnx', { preprocess: 'crop|flip' }, /^unknown operation: 'crop' at 0 of preprocessing /],
    ['net.onnx', { preprocess: 'squash(32)' }, /^sizes differ: 32×32 is stated, /],
    ['gone.onnx', {}, /^missing encoder: \S+gone\.onnx$/],
    ['torch', { preprocess: 'squash(8)' }, /^ignored option: preprocess of \S+torch, whose encoder\.json says it/],
  ])('of %s with %j is refused in one line, and nothing is written', async (file, options, message) => {
    const before = readdirSync(dir).sort();
    const path = file === '../ckpt' ? checkpoint : join(dir, file);
    await expect(importEncoder(path, join(dir, 'x'), options)).rejects.toThrow(message);
    expect(readdirSync(dir).sort()).toEqual(before);
  });

  it('is asked for where nobody says it', async () => {
    mkdirSync(join(dir, 'silent'));
    cpSync(join(dir, 'net'), join(dir, 'silent/net'), { recursive: true });
    rmSync(join(dir, 'silent/net/assets.extra'), { recursive: true });
    const model = join(dir, 'silent/net');
    await expect(importEncoder(model, join(dir, 'x'))).rejects.toThrow(
      /^missing preprocessing: \S+silent\/net does not /,
    );
    writeFileSync(`${model}.preprocessing.json`, JSON.stringify({ preprocess: 'centercrop(to=40)' }));
    expect((await importEncoder(model, join(dir, 'spoken'))).table).toContain('said by  net.preprocessing.json');
  });
});
