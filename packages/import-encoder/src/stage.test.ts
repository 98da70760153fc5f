import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEncoderInfo } from '@simclr/artifacts';
import { importCheckpoint, saveSafetensors } from '@simclr/nn/checkpoints';
import { memoryLog, parseConfig } from '@simclr/stage';
import { afterAll, describe, expect, it } from 'vitest';
import { ImportEncoderConfig } from './config.ts';
import { importEncoder } from './import-encoder.ts';
import planImport from './plan.ts';
import { REPOSITORY } from './source-path.ts';
import sources from './sources.ts';
import stage from './stage.ts';

const checkpoints = fileURLToPath(new URL('../../nn/src/checkpoints/testdata', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'import-encoder-'));
afterAll(() => rmSync(dir, { recursive: true }));

const parse = (config: object) => parseConfig(ImportEncoderConfig, config, 'importEncoder', 'c.json');
const plan = (config: object) => planImport(parse(config));

describe('the stage', () => {
  it.each<[string, object, Parameters<typeof importEncoder>[2]]>([
    ['resnet18.pth', {}, {}],
    ['tf1/model.ckpt-7', { size: 64, dataset: 'imagenet' }, { size: 64, dataset: 'imagenet' }],
    ['tf2', {}, {}],
    [
      'resnet50.safetensors',
      { normalize: { mean: [0, 0, 0], std: [1, 1, 2] }, poolPadding: 'same', stemStride: 1, bottleneckStride: '1x1' },
      { normalize: { mean: [0, 0, 0], std: [1, 1, 2] }, poolPadding: 'same', stemStride: 1, bottleneckStride: '1x1' },
    ],
    [
      'resnet10.safetensors',
      { normalize: 'none', stemPadding: 2, stemPool: true },
      { normalize: 'none', stemPadding: 2, stemPool: true },
    ],
  ])('writes of %s the bytes that npm run import writes, and plans what it will be', async (name, config, options) => {
    const file = join(checkpoints, name);
    const folder = join(dir, name.replace('/', '-'));
    const { files } = await importEncoder(file, folder, options);
    const info = readEncoderInfo(folder);
    const [out, log] = [`${folder}-stage`, memoryLog()];
    mkdirSync(out);
    const run = { inputs: {}, out, work: out, log, seed: 3, signal: new AbortController().signal };
    await stage.run({ ...run, config: parse({ file: relative(REPOSITORY, file), ...config }) });
    expect(readdirSync(out).sort()).toEqual([...files].sort());
    for (const each of files)
      expect(readFileSync(join(out, each)).equals(readFileSync(join(folder, each))), each).toBe(true);
    expect(log.logged.info[0]).toMatch(/^format {3}/);
    expect(log.logged.info.join('\n')).not.toContain('--');

    const { encoder, facts } = plan({ file, ...config });
    expect(encoder).toEqual({ dataset: info.dataset, inputShape: info.inputShape });
    const trained = Object.entries(importCheckpoint(file, options).tensors).filter(
      ([each]) => /^(stem|group)/.test(each) && !/moving_/.test(each),
    );
    expect(facts).toMatchObject({
      parameters: trained.reduce((sum, [, { data }]) => sum + data.length, 0),
      images: `${info.inputShape.join('×')} in [0, 1]`,
      features: info.featureDim,
    });
  });

  it('plans without TensorFlow', () => {
    if (process.platform === 'linux') expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('libtensorflow');
  });

  it('says before anything runs, in words of the config, why a file is none', () => {
    const copy = join(dir, 'tf1');
    cpSync(join(checkpoints, 'tf1'), copy, { recursive: true });
    truncateSync(join(copy, 'model.ckpt-7.data-00000-of-00001'), 100);
    const two = join(dir, 'two.safetensors');
    const weights = Object.entries(importableWeights());
    saveSafetensors(
      two,
      Object.fromEntries(['a.', 'b.'].flatMap((at) => weights.map(([name, each]) => [at + name, each]))),
    );
    expect(() => plan({ file: 'https://example.org/net.pth' })).toThrow(
      'not a path: https://example.org/net.pth. download it and name the file (importEncoder.file)',
    );
    expect(() => plan({ file: 'nowhere.pth' })).toThrow(`missing checkpoint: ${join(REPOSITORY, 'nowhere.pth')}`);
    expect(() => plan({ file: copy })).toThrow(
      /^cut off: .*model\.ckpt-7\.data-00000-of-00001 has 100 bytes, expected /,
    );
    expect(() => plan({ file: two })).toThrow(
      /^several networks: a\., b\. in .*two\.safetensors\. choose one with prefix$/,
    );
    expect(plan({ file: two, prefix: 'b' }).facts.network).toMatch(/^ResNet-10, /);
    writeFileSync(join(dir, 'empty.pth'), '');
    for (const file of [join(dir, 'empty.pth'), join(checkpoints, 'foreign.pth'), dir])
      expect(() => plan({ file })).toThrow(/^[^\n]+$/);
  });
});

/** Tensors of a small ResNet by torchvision's names. */
function importableWeights() {
  const { report, tensors } = importCheckpoint(join(checkpoints, 'resnet10.safetensors'));
  return Object.fromEntries(
    report.matched.map(({ name, source }) => {
      const { shape, data, dtype } = tensors[name]!;
      const [h, w, from, to] = shape;
      return [source, { shape: shape.length === 4 ? [to!, from!, h!, w!] : shape, data, dtype }];
    }),
  );
}

describe('what the encoder depends on', () => {
  it('is the file, the folder, or the index and the shards of a TensorFlow checkpoint', () => {
    const at = (name: string) => join(checkpoints, name);
    expect(sources({ file: at('resnet18.pth') })).toEqual([at('resnet18.pth')]);
    const parts = ['data-00000-of-00001', 'index'].map((end) => at(`tf1/model.ckpt-7.${end}`));
    for (const file of ['tf1/model.ckpt-7', 'tf1/model.ckpt-7.index', 'tf1/model.ckpt-7.data-00000-of-00001'])
      expect(
        sources({ file: at(file) })
          .filter((path) => !path.endsWith('.meta'))
          .sort(),
      ).toEqual(parts);
    expect(sources({ file: relative(REPOSITORY, at('tf1/model.ckpt-7')) })[0]).toMatch(/^packages\/nn\//);
    expect(sources({ file: at('tf2') })).toEqual([at('tf2')]);
    expect(sources({ file: at('tf2/saved_model.pb') })).toEqual([at('tf2')]);
    expect(sources({ file: '~/net.pth' })).toEqual([join(homedir(), 'net.pth')]);
    expect(sources({ file: 'gone/net.pth' })).toEqual(['gone/net.pth']);
  });

  it('is nothing where the config is none', () => {
    for (const config of [{}, { file: 3 }, { file: '' }, { file: null }]) expect(sources(config)).toEqual([]);
  });
});
