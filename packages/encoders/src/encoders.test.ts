import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EncoderInfo, preprocessing, writeEncoderInfo } from '@simclr/artifacts';
import { definitions, initResNet, initTapped, saveSafetensors } from '@simclr/nn';
import { TAPS } from '@simclr/nn/plan';
import { addressed, UserError } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractFeatures, hashWeights, openEncoder, resnetEncoder, untrainedWeights } from './index.ts';

let dir: string;
const architecture = { depth: 10, width: 4, stem: 'cifar', channels: 1 } as const;
const info: EncoderInfo = {
  architecture,
  inputShape: [8, 8, 1],
  preprocessing: preprocessing([8, 8, 1], 1, 'bicubic'),
  featureDim: 32,
  policy: 'crop',
  dataset: 'stripes',
  steps: 1,
  seed: 5,
  precision: 'fp32',
};
const { params, stats } = initResNet(architecture, 5);
const weights = { ...params, ...stats };
const random = addressed(1);
const images = Float32Array.from({ length: 3 * 64 }, () => random.next());

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'encoders-'));
  saveSafetensors(join(dir, 'encoder.safetensors'), weights);
  writeEncoderInfo(dir, info);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('an encoder of ours', () => {
  it('says what it takes and gives', async () => {
    const encoder = await openEncoder(dir);
    expect(encoder).toMatchObject({ inputShape: [8, 8, 1], featureDim: 32, dataset: 'stripes' });
    expect(encoder.parameters).toBe(Object.values(params).reduce((sum, { data }) => sum + data.length, 0));
    expect(encoder.digest).toBe(hashWeights(weights));
    expect(await encoder.currentDigest()).toBe(encoder.digest);
    const features = await encoder.embed(images);
    expect(features).toHaveLength(3 * 32);
    expect(features.every(Number.isFinite)).toBe(true);
    encoder.dispose();
  });

  it('has an untrained twin beside it, the same again for the same seed; they do not disturb each other', async () => {
    const encoder = await openEncoder(dir);
    const own = Float32Array.from(await encoder.embed(images));
    const [twin, other] = [encoder.untrained!(7), encoder.untrained!(8)];
    const drawn = Float32Array.from(await twin.embed(images));
    expect(drawn).not.toEqual(own);
    expect(await other.embed(images)).not.toEqual(drawn);
    expect(await encoder.embed(images)).toEqual(own);
    expect(await twin.embed(images)).toEqual(drawn);
    expect(await encoder.untrained!(7).embed(images)).toEqual(drawn);
    expect(await encoder.currentDigest()).toBe(encoder.digest);
    encoder.dispose();
  });

  it('gives features batch by batch, and says how many are done', async () => {
    const encoder = await openEncoder(dir);
    const whole = Float32Array.from(await encoder.embed(images));
    const done: number[] = [];
    const batches = async function* () {
      yield images.subarray(0, 2 * 64);
      yield images.subarray(2 * 64);
    };
    const features = await extractFeatures(encoder, batches(), 3, (n) => done.push(n));
    expect(done).toEqual([2, 3]);
    features.forEach((value, i) => {
      expect(value).toBeCloseTo(whole[i]!, 5);
    });
    encoder.dispose();
  });

  it('shows where its weights were changed', async () => {
    const args = { network: architecture, inputShape: info.inputShape };
    const graph = await compile({ module: definitions, export: 'encode', args }, { precision: 'fp32' });
    const encoder = resnetEncoder(info, weights, graph);
    expect(await encoder.currentDigest()).toBe(encoder.digest);
    const changed = structuredClone(weights);
    changed['stem/bn1/moving_mean']!.data[0]! += 1e-3;
    graph.write(changed);
    expect(await encoder.currentDigest()).not.toBe(encoder.digest);
    encoder.dispose();
  });

  it('gives what is at any tap: of a group its mean, of the head what follows from h by its weights', async () => {
    const head = { kind: 'nonlinear', layers: 2, outDim: 6 } as const;
    const projection = initTapped({ network: architecture, head, tap: 'proj_head_output' }, 9);
    const ofHead = Object.entries({ ...projection.params, ...projection.stats }).filter(([name]) =>
      name.startsWith('head/'),
    );
    const headed = mkdtempSync(join(dir, 'headed-'));
    saveSafetensors(join(headed, 'encoder.safetensors'), weights);
    saveSafetensors(join(headed, 'projection.safetensors'), Object.fromEntries(ofHead));
    writeEncoderInfo(headed, info);
    const found: Record<string, { featureDim: number; digest: string; flops: number; features: Float32Array }> = {};
    for (const tap of TAPS.filter((name) => name !== 'proj_head_layer2')) {
      const encoder = await openEncoder(headed, { tap });
      const { featureDim, digest, flops } = encoder;
      found[tap] = { featureDim, digest, flops: flops!, features: Float32Array.from(await encoder.embed(images)) };
      expect(await encoder.currentDigest(), tap).toBe(digest);
      expect((await encoder.untrained!(3).embed(images)).length, tap).toBe(3 * featureDim);
      encoder.dispose();
    }
    const of = (key: 'featureDim' | 'flops') =>
      Object.fromEntries(Object.entries(found).map(([tap, { [key]: value }]) => [tap, value]));
    expect(of('featureDim')).toEqual({
      ...{ initial_max_pool: 4, block_group1: 4, block_group2: 8, block_group3: 16 },
      ...{ final_avg_pool: 32, proj_head_layer1: 32, proj_head_output: 6 },
    });
    // The stem: 9 of one channel to 4 at 64 positions.
    expect(of('flops')).toMatchObject({
      initial_max_pool: 2 * 64 * 9 * 4,
      proj_head_output: found.final_avg_pool!.flops,
    });
    expect(found.block_group2!.flops).toBeLessThan(found.block_group3!.flops);
    expect(new Set(Object.values(found).map(({ digest }) => digest)).size).toBe(1);

    const value = Object.fromEntries(ofHead.map(([name, { data }]) => [name, data]));
    const dense = (x: Float32Array, layer: number, from: number, to: number) =>
      Float32Array.from({ length: 3 * to }, (_, at) => {
        const [row, out] = [Math.floor(at / to), at % to];
        const bn = `head/layer${layer}/bn`;
        let sum = 0;
        for (let i = 0; i < from; i++) sum += x[row * from + i]! * value[`head/layer${layer}/kernel`]![i * to + out]!;
        const scale = value[`${bn}/gamma`]![out]! / Math.sqrt(value[`${bn}/moving_variance`]![out]! + 1e-5);
        return (sum - value[`${bn}/moving_mean`]![out]!) * scale + (value[`${bn}/beta`]?.[out] ?? 0);
      });
    const hidden = dense(found.final_avg_pool!.features, 1, 32, 32).map((x) => Math.max(0, x));
    const near = (a: Float32Array, b: Float32Array) => a.forEach((x, i) => void expect(x).toBeCloseTo(b[i]!, 4));
    near(found.proj_head_layer1!.features, hidden);
    near(found.proj_head_output!.features, dense(hidden, 2, 32, 6));

    await expect(openEncoder(headed, { tap: 'proj_head_layer2' })).rejects.toThrow(
      'no such tap: proj_head_layer2. allowed of the projection head: proj_head_layer1, proj_head_output',
    );
    await expect(openEncoder(dir, { tap: 'proj_head_output' })).rejects.toThrow(
      /^no such tap: proj_head_output\. the encoder has no projection head: .*projection\.safetensors is missing$/,
    );
  });

  it('is refused where it is missing', async () => {
    await expect(openEncoder(join(dir, 'nowhere'))).rejects.toThrow(UserError);
    await expect(openEncoder(join(dir, 'nowhere'))).rejects.toThrow(
      /^missing encoder: .*encoder\.json\. .*run npm run pipeline -- run <pipeline> --force pretrain$/,
    );
  });
});

it('an untrained network has the variables of the trained one, other kernels, the same again for the same seed', () => {
  const random = untrainedWeights(architecture, 7);
  expect(Object.keys(random).sort()).toEqual(Object.keys(weights).sort());
  expect(hashWeights(random)).not.toBe(hashWeights(weights));
  expect(hashWeights(untrainedWeights(architecture, 7))).toBe(hashWeights(random));
});

it('weights are hashed by name, in whatever order they come', () => {
  const one = { shape: [1], dtype: 'float32' as const, data: Float32Array.of(1) };
  const two = { ...one, data: Float32Array.of(2) };
  expect(hashWeights({ a: one, b: two })).toBe(hashWeights({ b: two, a: one }));
  expect(hashWeights({ a: one, b: two })).not.toBe(hashWeights({ a: two, b: one }));
});
