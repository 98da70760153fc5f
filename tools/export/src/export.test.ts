import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode, featureDim, type ResNetConfig, saveSafetensors } from '@simclr/nn';
import { addressed, UserError, writeJson } from '@simclr/stage';
import { compile, float32, sizeOf, type TensorFlow, type Tree, tf } from '@simclr/tensorflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportEncoder } from './export-encoder.ts';
import { readEncoder } from './read-encoder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const python = join(root, '.venv/bin/python');
const hasOnnxruntime = existsSync(python) && existsSync(join(root, '.venv/.test-packages'));

const dir = mkdtempSync(join(tmpdir(), 'export-'));
afterAll(() => rmSync(dir, { recursive: true }));

type Shape = [number, number, number];

/** Weights that keep activations near 1 and their layers apart, batch norm's statistics among them. */
function randomState(network: ResNetConfig, inputShape: Shape): Tree {
  const random = addressed(3);
  const draw = (name: string, shape: number[]): number => {
    if (name.endsWith('/kernel')) return (2 * random.next() - 1) * Math.sqrt((6 * shape.at(-1)!) / sizeOf(shape));
    return /(gamma|moving_variance)$/.test(name) ? 0.5 + random.next() : 0.4 * (random.next() - 0.5);
  };
  const entries = Object.entries(encode({ network, inputShape }).state).map(([name, { shape }]) => {
    const sizes = shape as number[];
    return [
      name,
      float32(
        sizes,
        Float32Array.from({ length: sizeOf(sizes) }, () => draw(name, sizes)),
      ),
    ];
  });
  return Object.fromEntries(entries);
}

/** A folder as the stage pretrain writes it. */
function writeEncoder(name: string, network: ResNetConfig, inputShape: Shape): string {
  const folder = join(dir, name);
  saveSafetensors(join(folder, 'encoder.safetensors'), randomState(network, inputShape));
  const rest = { featureDim: featureDim(network), policy: 'crop', dataset: 'd', steps: 1, seed: 0, precision: 'bf16' };
  writeJson(join(folder, 'encoder.json'), { architecture: network, inputShape, ...rest });
  return folder;
}

const imagesOf = (rows: number, shape: Shape) => {
  const random = addressed(4);
  return Float32Array.from({ length: rows * sizeOf(shape) }, () => random.next());
};

/** Largest absolute difference, over the largest absolute value expected. */
function difference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(values.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - values[i]!))) / largest;
}

/** Features of the compiled graph in float32. */
async function compiledFeatures(folder: string, images: Float32Array) {
  const { reference, weights } = readEncoder(folder);
  const graph = await compile(reference, { cache: join(dir, 'graphs') });
  graph.write(weights);
  const { shape, data } = graph.run({ images }).features!;
  const result = { shape, data: Float32Array.from(data) };
  graph.dispose();
  return result;
}

const encoders: [string, ResNetConfig, Shape][] = [
  ['ResNet-18, CIFAR stem', { depth: 18, width: 8, stem: 'cifar', channels: 3 }, [32, 32, 3]],
  ['ResNet-50, ImageNet stem', { depth: 50, width: 4, stem: 'imagenet', channels: 3 }, [64, 64, 3]],
  [
    'ResNet-50, selective kernels, squeeze and excitation',
    { depth: 50, width: 4, stem: 'imagenet', channels: 3, skRatio: 0.0625, seRatio: 0.25 },
    [64, 64, 3],
  ],
  [
    'the same, odd sizes, one channel',
    { depth: 50, width: 4, stem: 'imagenet', channels: 1, skRatio: 0.0625, seRatio: 0.25 },
    [51, 37, 1],
  ],
];
const fromPyTorch: (typeof encoders)[number] = [
  'ResNet-18 as PyTorch has it',
  {
    depth: 18,
    width: 8,
    stem: 'imagenet',
    channels: 3,
    normalize: { mean: [0.4, 0.5, 0.6], std: [0.1, 0.2, 0.3] },
    poolPadding: 'symmetric',
  },
  [40, 40, 3],
];

describe.each([...encoders, fromPyTorch])('%s, as ONNX', (name, network, shape) => {
  const file = join(dir, `${name}.onnx`);
  let folder: string;
  beforeAll(async () => {
    folder = writeEncoder(name, network, shape);
    await exportEncoder(folder, file);
  });

  it('is transposed once, at the start, and padded nowhere but in its windows', () => {
    const bytes = readFileSync(file);
    // As the field of a node's op type is written: tag, length, text.
    const count = (op: string) => bytes.toString('latin1').split(`"${String.fromCharCode(op.length)}${op}`).length - 1;
    // The pooling of non-negative numbers alone could take its zeros into the window.
    const pads = network.poolPadding === 'symmetric' ? 1 : 0;
    expect(['Transpose', 'Pad', 'Reshape'].map(count)).toEqual([1, pads, 0]);
    expect(count('Conv')).toBeGreaterThan(19);
  });

  it.skipIf(!hasOnnxruntime)(
    'equals the compiled graph in onnxruntime (skipped where npm test has not installed it)',
    async () => {
      for (const rows of [1, 5]) {
        const images = imagesOf(rows, shape);
        const expected = await compiledFeatures(folder, images);
        const features = runOnnx(file, images);
        expect(expected.shape).toEqual([rows, featureDim(network)]);
        expect(difference(features, expected.data), `${rows} rows`).toBeLessThan(1e-4);
      }
    },
  );
});

function runOnnx(file: string, images: Float32Array): Float32Array {
  const [input, output] = [join(dir, 'images'), join(dir, 'features')];
  writeFileSync(input, images);
  const script = `
import sys, numpy, onnxruntime
file, images, features = sys.argv[1:]
session = onnxruntime.InferenceSession(file, providers=['CPUExecutionProvider'])
(given,) = session.get_inputs()
assert given.name == 'images' and given.shape[0] == 'n', given
x = numpy.fromfile(images, numpy.float32).reshape(-1, *given.shape[1:])
session.run(['features'], {'images': x})[0].tofile(features)`;
  execFileSync(python, ['-c', script, file, input, output]);
  return new Float32Array(Uint8Array.from(readFileSync(output)).buffer);
}

const small: [ResNetConfig, Shape] = [{ depth: 10, width: 4, stem: 'cifar', channels: 1 }, [8, 8, 1]];

it('a target without .onnx is a SavedModel', async () => {
  const folder = writeEncoder('small', ...small);
  const target = join(dir, 'saved_model');
  await exportEncoder(folder, target);
  const model = await tf.node.loadSavedModel(target);
  const images = imagesOf(5, small[1]);
  const result = model.predict({ images: tf.tensor(images, [5, ...small[1]]) }) as Record<string, TensorFlow.Tensor>;
  expect(difference(result.features!.dataSync(), (await compiledFeatures(folder, images)).data)).toBeLessThan(1e-6);
  model.dispose();
});

describe('bad input', () => {
  const refused = async (folder: string, target: string, message: RegExp) => {
    const before = readdirSync(dir).sort();
    const result = exportEncoder(folder, join(dir, target));
    await expect(result).rejects.toThrow(UserError);
    await expect(result).rejects.toThrow(message);
    expect(readdirSync(dir).sort()).toEqual(before);
  };

  it('is refused in one line, and nothing is written', async () => {
    await refused(
      join(dir, 'nowhere'),
      'a.onnx',
      /^missing encoder: .*nowhere\/encoder\.json\. expected a folder that /,
    );
    const folder = writeEncoder('bad', ...small);
    await refused(folder, 'bad', /^target exists: .*bad\. remove it, or name another$/);
    await refused(folder, 'bad/encoder.json/a.onnx', /^cannot write: .*a\.onnx\. E[A-Z]+: /);
    await refused(folder, 'bad/encoder.json/a', /^cannot write: .*a\. E[A-Z]+: /);

    rmSync(join(folder, 'encoder.safetensors'));
    await refused(folder, 'a.onnx', /^missing file: .*encoder\.safetensors$/);
    saveSafetensors(join(folder, 'encoder.safetensors'), {});
    await refused(folder, 'a.onnx', /^invalid state: stem\/conv1\/kernel is missing\. expected float32 \[3,3,1,4\]$/);
    await refused(folder, 'a', /^invalid state: stem\/conv1\/kernel is missing\. expected float32 \[3,3,1,4\]$/);

    writeJson(join(folder, 'encoder.json'), { architecture: { ...small[0], stem: 'other' }, inputShape: small[1] });
    await refused(
      folder,
      'a.onnx',
      /^invalid encoder: .*encoder\.json\. architecture\.stem: expected one of "cifar"\|"imagenet"\. run npm run pipeline -- run <pipeline> --force pretrain$/,
    );
    writeFileSync(join(folder, 'encoder.json'), '{');
    await refused(
      folder,
      'a.onnx',
      /^invalid encoder: .*encoder\.json\. expected JSON\. run npm run pipeline -- run <pipeline> --force pretrain$/,
    );
  });
});

describe('the command', () => {
  const call = (...args: string[]) => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const env = { ...process.env, INIT_CWD: dir };
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
    return { status, stdout, lines: stderr.trim().split('\n') };
  };

  it('takes paths from where npm was called, and says what it wrote', () => {
    writeEncoder('given', ...small);
    mkdirSync(join(dir, 'models'));
    const { status, stdout } = call('given', 'models/small.onnx');
    expect(stdout).toBe('models/small.onnx: images [n, 8, 8, 1] in [0, 1] → features [n, 32], float32\n');
    expect(status).toBe(0);
    expect(readdirSync(join(dir, 'models'))).toEqual(['small.onnx']);
  });

  it('says nothing of what TensorFlow says when it is loaded, and errors as ever', () => {
    writeEncoder('quiet', ...small);
    const said = join(dir, 'said.txt');
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const env = { ...process.env, INIT_CWD: dir, TF_CPP_MIN_LOG_LEVEL: undefined };
    // Into a file, as a terminal is one: a socket, which a test has for it, cannot be opened again.
    const run = (target: string) =>
      spawnSync('sh', ['-c', `"$0" "$@" 2> ${said}`, process.execPath, main, 'quiet', target], { env }).status;
    expect([run('quiet.onnx'), readFileSync(said, 'utf8')]).toEqual([0, '']);
    expect([run('quiet.onnx/x.onnx'), readFileSync(said, 'utf8')]).toEqual([
      1,
      expect.stringMatching(/^cannot write: .*\n$/),
    ]);
  });

  it.each<[string, () => string, RegExp]>([
    [
      'a path that is not there',
      () => 'nowhere',
      /^missing: \S+nowhere\. expected the folder of an encoder or of a dataset$/,
    ],
    [
      'a checkpoint',
      () => {
        writeFileSync(join(dir, 'resnet18.pth'), '');
        return 'resnet18.pth';
      },
      /^not a folder: \S+resnet18\.pth\. a checkpoint is imported first: npm run import -- resnet18\.pth <folder>$/,
    ],
    [
      'a file of an encoder',
      () => join(basename(writeEncoder('of-file', ...small)), 'encoder.safetensors'),
      /^not a folder: \S+\. its folder is exported: npm run export -- of-file <target>$/,
    ],
    [
      'a folder of datasets',
      () => {
        for (const name of ['digits', 'pets']) writeJson(join(dir, 'ingest', name, 'data', name, 'dataset.json'), {});
        return 'ingest';
      },
      /^no encoder or dataset: \S+ingest\. in it: digits\/data\/digits, pets\/data\/pets\. name one: npm run export -- ingest\/digits\/data\/digits <target>$/,
    ],
    [
      'a folder of something else',
      () => {
        mkdirSync(join(dir, 'bit'));
        return 'bit';
      },
      /^no encoder or dataset: \S+bit\. expected .*npm run import -- bit <folder>$/,
    ],
    ['a target that exists', () => basename(writeEncoder('of-target', ...small)), /^target exists: \S+there\.onnx\. /],
  ])('%s is refused in a line, and TensorFlow is not loaded for it', (_, make, message) => {
    const target = /there/.test(message.source) ? 'there.onnx' : 'x.onnx';
    writeFileSync(join(dir, 'there.onnx'), '');
    const { status, lines } = call(make(), target);
    expect(status).toBe(1);
    expect(lines).toEqual([expect.stringMatching(message)]);
  });

  it.each(['--help', '-h'])('%s says how it is called, in 100 columns', (word) => {
    const { status, stdout, lines } = call(word);
    expect([status, lines]).toEqual([0, ['']]);
    expect(stdout).toMatch(/^npm run export -- <folder> <target>\n(.*\n)*\n {2}npm run export -- \S+ encoder\.onnx\n$/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('ends with 1 and the reason as its last line', () => {
    const none = call();
    expect(none.status).toBe(1);
    expect(none.lines).toEqual(['missing folder. npm run export -- --help']);
  });
});
