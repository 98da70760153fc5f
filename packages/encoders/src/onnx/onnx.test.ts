import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GraphEncoderInfo, preprocessing, writeGraphEncoderInfo } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import { examineGraph } from '../graph/examine.ts';
import { probeImages } from '../graph/probe-images.ts';
import { graphPath, readGraphFile } from '../graph/read-graph-file.ts';
import { openEncoder, openGraph } from '../open-encoder.ts';
import { type SmallOnnx, writeSmallOnnx } from '../testing/small-onnx.ts';
import { countFlops } from './count-flops.ts';

const dir = mkdtempSync(join(tmpdir(), 'onnx-'));
afterAll(() => rmSync(dir, { recursive: true }));

let made = 0;
function encoderOf(options: SmallOnnx = {}, changed: Partial<GraphEncoderInfo> = {}) {
  const folder = join(dir, String(made++));
  mkdirSync(folder);
  writeSmallOnnx(join(folder, 'encoder.onnx'), options);
  const info: GraphEncoderInfo = {
    format: 'onnx',
    inputShape: [8, 8, 3],
    preprocessing: { ...preprocessing([8, 8, 3], 1, 'bilinear_antialias'), layout: options.layout ?? 'NCHW' },
    featureDim: 4,
    policy: 'imported',
    dataset: 'imported',
    steps: 0,
    seed: 0,
    precision: 'fp32',
    file: 'encoder.onnx',
    input: { name: 'images', batch: typeof options.batch === 'number' ? options.batch : null },
    output: options.map === 'alone' ? { name: 'map', pool: [2, 3] } : { name: 'features', pool: [] },
    parameters: 0,
    flops: null,
    ...changed,
  };
  writeGraphEncoderInfo(folder, info);
  return { folder, info };
}

const images = probeImages(5, [8, 8, 3]);
async function featuresOf(options: SmallOnnx, changed: Partial<GraphEncoderInfo> = {}, batch = 32) {
  const encoder = await openEncoder(encoderOf(options, changed).folder, { batch });
  const features = await encoder.embed(images);
  encoder.dispose();
  return features;
}
const close = (a: Float32Array, b: Float32Array) => {
  expect(a).toHaveLength(b.length);
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 5);
};

describe('an ONNX encoder', () => {
  it('gives the same features in either layout, in any batch, fixed or open, of a mean or of a map', async () => {
    const features = await featuresOf({});
    expect(features).toHaveLength(5 * 4);
    for (const [options, batch] of [
      [{ layout: 'NHWC' }, 32],
      [{}, 2],
      [{ batch: 3 }, 32],
      [{ batch: 8 }, 32],
      [{ map: 'alone' }, 32],
    ] as const)
      close(await featuresOf(options, {}, batch), features);
  });

  it('feeds it range, mean, deviation and order of channels as they are stated', async () => {
    const features = await featuresOf({});
    const how = { ...preprocessing([8, 8, 3], 1, 'bilinear'), layout: 'NCHW' as const };
    // The same values, said in another way; then other ones.
    const same = { ...how, range: [0, 255] as [number, number], std: [255, 255, 255] };
    close(await featuresOf({}, { preprocessing: same }), features);
    for (const other of [
      { range: [0, 255] },
      { mean: [0.5, 0.5, 0.5] },
      { std: [1, 2, 1] },
      { channels: 'BGR' },
    ] as const) {
      const changed = await featuresOf({}, { preprocessing: { ...how, ...other } as typeof how });
      expect(Math.max(...changed.map((value, i) => Math.abs(value - features[i]!)))).toBeGreaterThan(1e-3);
    }
  });

  it('has a digest that shows another file, and features that are others', async () => {
    const { folder } = encoderOf();
    const encoder = await openEncoder(folder);
    expect(await encoder.currentDigest()).toBe(encoder.digest);
    writeSmallOnnx(join(folder, 'encoder.onnx'), { seed: 2 });
    expect(await encoder.currentDigest()).not.toBe(encoder.digest);
    encoder.dispose();
  });

  it('has an untrained twin: the same graph, drawn anew by the seed', async () => {
    const encoder = await openEncoder(encoderOf().folder);
    const own = await encoder.embed(images);
    const [one, again, other] = await Promise.all([7, 7, 8].map((seed) => encoder.untrained!(seed).embed(images)));
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect(one).not.toEqual(own);
    expect(one!.every(Number.isFinite)).toBe(true);
    encoder.dispose();
  });

  it('counts its parameters and the products of an image', async () => {
    const { folder, info } = encoderOf({ batch: 4 });
    const file = readGraphFile(graphPath(join(folder, 'encoder.onnx'))!);
    expect(file.parameters('features')).toBe(4 * 3 * 9 + 4 + 4 + 4);
    expect(await countFlops(join(folder, 'encoder.onnx'), info)).toBe(2 * 64 * 4 * 27);
  });

  it('takes no precision but its own', async () => {
    const { folder } = encoderOf();
    await expect(openEncoder(folder, { precision: 'bf16' })).rejects.toThrow(/^ignored option: precision bf16\. /);
  });
});

describe('a graph in training mode', () => {
  const refuse = (options: SmallOnnx) => {
    const path = writeSmallOnnx(join(dir, `${made++}.onnx`), options);
    readGraphFile(graphPath(path)!).refuseTraining('features');
  };

  it('is refused by what its file says, in one line', () => {
    expect(() => refuse({ norm: { training_mode: 1 } })).toThrow(UserError);
    expect(() => refuse({ norm: { training_mode: 1 } })).toThrow(
      /^training mode: bn \(BatchNormalization\) of \S+ takes the moments of the batch\. export it in evaluation/,
    );
    expect(() => refuse({ dropout: true })).toThrow(/^training mode: dropped \(Dropout\) of \S+ drops values/);
    refuse({ dropout: false });
    refuse({});
  });

  it('is refused by what it computes, where the file does not show it', async () => {
    const { folder, info } = encoderOf({ norm: { training_mode: 1 } });
    const { session } = await openGraph(folder, info);
    await expect(examineGraph(info, session, 'x.onnx')).rejects.toThrow(
      /^training mode: x\.onnx gives an image other features in another batch/,
    );
    session.dispose();
    const fine = encoderOf();
    const graph = await openGraph(fine.folder, fine.info);
    await examineGraph(fine.info, graph.session, 'x.onnx');
    graph.session.dispose();
  });
});

it('a file that is damaged, or no model, is refused in one line', () => {
  const path = join(dir, 'cut.onnx');
  for (const content of ['', 'text, and no model', Buffer.alloc(100)]) {
    writeFileSync(path, content);
    expect(() => readGraphFile(graphPath(path)!)).toThrow(
      /^damaged: .*cut\.onnx is no ONNX model, or cut off\. [^\n]+$/,
    );
  }
});
