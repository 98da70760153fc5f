import { addressed } from '@simclr/stage';
import { compile, float32, type Tensors, type Tree, tf } from '@simclr/tensorflow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClassifyArgs, initClassifier, supervisedHeadInputs } from './classifier.ts';
import { definitions } from './definitions.ts';
import { initFineTuneState } from './fine-tune-state.ts';
import { applyResNet } from './resnet.ts';
import type { ResNetConfig } from './resnet-config.ts';
import { type SupervisedStepArgs, supervisedStep } from './supervised-step.ts';
import { relL2, toTensors, valuesOf } from './testdata/golden.ts';
import { initModel, initTrainState, modelWeights, type TrainStepArgs } from './train-step.ts';

const network: ResNetConfig = { depth: 10, width: 4, stem: 'cifar', channels: 1 };
const head = { kind: 'nonlinear', layers: 3, outDim: 6 } as const;
const args = (headLayer: number): ClassifyArgs => ({ network, classes: 5, head, headLayer, inputShape: [8, 8, 1] });
const fineTune: SupervisedStepArgs = {
  ...args(1),
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
  batch: 6,
};

const random = addressed(3);
const images = Float32Array.from({ length: 6 * 64 }, () => random.next());
/** Every variable other than it starts, so that none can be left out. */
const shaken = (tree: Tree): Tree =>
  Object.fromEntries(
    Object.entries(tree).map(([name, { shape, data }]) => [
      name,
      float32(
        shape,
        Float32Array.from(data, (value) => value + 0.3 * random.next()),
      ),
    ]),
  );
const variables = (headLayer: number): Tree => {
  const { params, stats } = initClassifier(args(headLayer), 1);
  return shaken({ ...params, ...stats });
};

beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

/** Dense layer, batch norm in inference, ReLU but after the last, from their formulas. */
function layer(params: Tensors, n: number, x: Tensors[string]): Tensors[string] {
  const p = (name: string) => params[`head/layer${n}/${name}`]!;
  const y = tf.matMul(x as tf2D, p('kernel') as tf2D);
  const scale = tf.div(p('bn/gamma'), tf.sqrt(tf.add(p('bn/moving_variance'), 1e-5)));
  const normalised = tf.mul(tf.sub(y, p('bn/moving_mean')), scale);
  return n === 3 ? normalised : tf.relu(tf.add(normalised, p('bn/beta')));
}
type tf2D = ReturnType<typeof tf.tensor2d>;

describe('the supervised head', () => {
  it.each([
    [0, 0, 32],
    [1, 1, 32],
    [2, 2, 32],
    [3, 3, 6],
    [-1, 3, 6],
  ])('at headLayer %i gets what comes out of layer %i', async (headLayer, layers, dim) => {
    const tree = variables(headLayer);
    const tensors = toTensors(tree);
    const x = tf.tensor(images, [6, 8, 8, 1]);
    let expected = applyResNet(network, tensors, tensors, x, { training: false }).features;
    for (let n = 1; n <= layers; n++) expected = layer(tensors, n, expected);
    const { hidden } = supervisedHeadInputs(args(headLayer), tensors, tensors, x, { training: false });
    expect(hidden.shape).toEqual([6, dim]);
    expect(relL2(valuesOf(hidden), valuesOf(expected))).toBeLessThan(1e-5);

    const graph = await compile({ module: definitions, export: 'classify', args: args(headLayer) });
    graph.write(tree);
    const logits = tf.add(
      tf.matMul(expected as tf2D, tensors['head_supervised/linear_layer/kernel'] as tf2D),
      tensors['head_supervised/linear_layer/bias']!,
    );
    expect(relL2(graph.run({ images }).logits!.data, valuesOf(logits))).toBeLessThan(1e-5);
    // Any number of images, and one does not depend on the others.
    const one = graph.run({ images: images.subarray(64, 128) }).logits!;
    expect(one.shape).toEqual([1, 5]);
    expect(relL2(one.data, valuesOf(logits).subarray(5, 10))).toBeLessThan(1e-5);
    graph.dispose();
  });

  it('makes no variable of the layers after its own', () => {
    const layersOf = (headLayer: number) => {
      const { params, stats } = initClassifier(args(headLayer), undefined);
      return new Set(Object.keys({ ...params, ...stats }).flatMap((name) => /^head\/(layer\d)/.exec(name)?.[1] ?? []));
    };
    expect(layersOf(0)).toEqual(new Set());
    expect(layersOf(1)).toEqual(new Set(['layer1']));
    expect(layersOf(-1)).toEqual(new Set(['layer1', 'layer2', 'layer3']));
  });

  it.each([
    [4, head, 'invalid headLayer: 4. allowed: 0 (the features) to 3, the layers of the head, or -1 for its last'],
    [-2, head, 'invalid headLayer: -2. allowed: 0 (the features) to 3'],
    [1.5, head, 'invalid headLayer: 1.5. allowed: 0 (the features) to 3'],
    [2, { kind: 'linear', layers: 3, outDim: 6 } as const, 'invalid headLayer: 2. allowed: 0 (the features) to 1'],
    [1, undefined, 'invalid headLayer: 1. allowed: 0 (the features) to 0'],
  ])('refuses layer %d of %o', (headLayer, ofHead, message) => {
    expect(() => supervisedStep({ ...fineTune, head: ofHead, headLayer })).toThrow(message);
  });

  it.each([5, -2, 0.5])('refuses to train after block %d', (fineTuneAfterBlock) => {
    const message = `invalid fineTuneAfterBlock: ${fineTuneAfterBlock}. allowed: -1 (all trains), 0 (after the stem), 1 to 4`;
    expect(() => supervisedStep({ ...fineTune, fineTuneAfterBlock })).toThrow(message);
  });
});

describe('initFineTuneState', () => {
  const { params, stats } = initModel(network, head, 1);
  const model = shaken({ ...params, ...stats });
  const isHead = (name: string) => name.startsWith('head/');
  const part = (ofHead: boolean): Tree =>
    Object.fromEntries(Object.entries(model).filter(([name]) => isHead(name) === ofHead));
  const weights = { encoder: part(false), projection: part(true) };

  it('has the pretrained weights up to the layer, and a supervised head of zeros', () => {
    const state = initFineTuneState(fineTune, weights);
    const wanted = Object.keys(model).filter((name) => !/^head\/layer[23]/.test(name));
    for (const name of wanted) expect(state[name], name).toBe(model[name]);
    expect(Object.keys(state).some((name) => /^head\/layer[23]/.test(name))).toBe(false);
    const rest = Object.entries(state).filter(([name]) => !wanted.includes(name));
    expect(rest.map(([name]) => name)).toContain('head_supervised/linear_layer/kernel');
    for (const [name, { data }] of rest)
      expect(
        data.every((value) => value === 0),
        name,
      ).toBe(true);
    // From zero every class has probability 1/5.
    const inputs = {
      images: tf.tensor(images, [6, 8, 8, 1]),
      labels: tf.tensor1d([0, 1, 2, 3, 4, 0], 'int32'),
      learningRate: tf.scalar(0.1),
    };
    const { supervisedLoss } = supervisedStep(fineTune).step(toTensors(state), inputs).outputs;
    expect(valuesOf(supervisedLoss!)[0]).toBeCloseTo(Math.log(5), 5);
  });

  it('takes what modelWeights gives, and needs no projection head for h', () => {
    const config = { network, head, optimizer: fineTune.optimizer } as TrainStepArgs;
    const { encoder, projection } = modelWeights(config, initTrainState(config, 4));
    expect(initFineTuneState(fineTune, { encoder, projection })['head/layer1/kernel']).toBe(
      projection['head/layer1/kernel'],
    );
    const plain = { ...fineTune, head: undefined, headLayer: 0 };
    for (const given of [{ encoder }, { encoder, projection }])
      expect(initFineTuneState(plain, given)['stem/conv1/kernel']).toBe(encoder['stem/conv1/kernel']);
  });

  it('refuses the weights of another model in one line', () => {
    const state = (changes: object, given: { encoder: Tree; projection?: Tree } = weights) =>
      initFineTuneState({ ...fineTune, ...changes }, given);
    expect(() => state({}, { encoder: weights.encoder })).toThrow(
      'missing tensor: head/layer1/kernel. expected the weights of ResNet-10, width 4, with a head of 3 layers',
    );
    expect(() => state({ network: { ...network, width: 8 } })).toThrow(
      'shapes differ: stem/conv1/kernel is [3,3,1,4], expected [3,3,1,8] in ResNet-10, width 8',
    );
    expect(() => state({ network: { ...network, depth: 18 } })).toThrow('missing tensor: group1/block2/conv1/kernel.');
    const { encoder } = modelWeights(
      { network: { ...network, depth: 18 }, head },
      initTrainState({ network: { ...network, depth: 18 }, head, optimizer: fineTune.optimizer } as TrainStepArgs, 1),
    );
    expect(() => state({}, { ...weights, encoder })).toThrow(
      'another network: group1/block2/conv1/kernel has no place in ResNet-10, width 4',
    );
    expect(() => state({ head: { ...head, layers: 2 }, headLayer: -1 })).toThrow(
      'another network: head/layer2/bn/beta has no place in',
    );
  });
});
