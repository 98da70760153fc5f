// Small functions to trace, for the tests.
import {
  batchNormInference,
  batchNormTraining,
  conv2d,
  countRows,
  lookUpRows,
  relu,
  type StepDefinition,
  selectRows,
  type TensorFlow,
  type TensorSpec,
  type Tensors,
  tf,
} from '../index.ts';

type Tensor = TensorFlow.Tensor;

/** Shapes of the parameters of `smallStep`. */
export const PARAMS = { kernel: [3, 3, 2, 8], gamma: [8], beta: [8], kernel2: [3, 3, 8, 8], dense: [8, 4] };

const names = Object.keys(PARAMS) as (keyof typeof PARAMS)[];

/** Convolution, batch norm, ReLU, convolution with stride, mean, dense, softmax cross-entropy, SGD with momentum. */
export function smallStep({ batch }: { batch: number }): StepDefinition {
  const specs = names.flatMap((name) => [
    [name, { shape: PARAMS[name], dtype: 'float32' }] as const,
    [`${name}/velocity`, { shape: PARAMS[name], dtype: 'float32' }] as const,
  ]);
  return {
    state: { ...Object.fromEntries(specs), mean: { shape: [8], dtype: 'float32' } },
    inputs: {
      x: { shape: [batch, 8, 8, 2], dtype: 'float32' },
      labels: { shape: [batch], dtype: 'int32' },
      learningRate: { shape: [], dtype: 'float32' },
    },
    step(state, inputs) {
      let moving: Tensor | undefined;
      const loss = (...params: Tensor[]): TensorFlow.Scalar => {
        const [kernel, gamma, beta, kernel2, dense] = params as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const { y, mean } = batchNormTraining(conv2d(inputs.x!, kernel, { inputGradient: false }), gamma, beta);
        moving = tf.keep(tf.add(tf.mul(state.mean!, 0.9), tf.mul(mean, 0.1)));
        const features = tf.mean(relu(conv2d(relu(y), kernel2, { stride: 2, padding: [1, 1] })), [1, 2]);
        const logits = tf.matMul(features as TensorFlow.Tensor2D, dense as TensorFlow.Tensor2D);
        const target = tf.oneHot(inputs.labels as TensorFlow.Tensor1D, 4);
        return tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(target, 'float32'), tf.logSoftmax(logits)), 1))) as TensorFlow.Scalar;
      };
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]!));
      const changed: Tensors = { mean: moving! };
      names.forEach((name, i) => {
        const velocity = tf.add(tf.mul(state[`${name}/velocity`]!, 0.9), grads[i]!);
        changed[`${name}/velocity`] = velocity;
        changed[name] = tf.sub(state[name]!, tf.mul(velocity, inputs.learningRate!));
      });
      return { state: changed, outputs: { loss: value } };
    },
  };
}

const one: StepDefinition['inputs'] = { x: { shape: [3], dtype: 'float32' } };
let counter = 0;
const captured = tf.square(tf.tensor1d([1, 2, 3]));

/** Functions that must not be traced, by name. */
export function hazard({ kind }: { kind: string }): StepDefinition {
  const steps: Record<string, (x: Tensor) => Tensor> = {
    random: (x) => tf.mul(x, tf.randomUniform([3])),
    counter: (x) => tf.mul(x, ++counter),
    read: (x) => tf.mul(x, tf.sum(x).dataSync()[0]!),
    captured: (x) => tf.mul(x, captured),
    unsupported: (x) => tf.erf(x),
    branch: (x) => (counter++ % 2 === 0 ? tf.neg(x) : tf.square(x)),
  };
  return { state: {}, inputs: one, step: (_, { x }) => ({ outputs: { y: steps[kind]!(x!) } }) };
}

/** [n, 4] → [n, 2], any n. */
export function linear(): StepDefinition {
  return {
    state: { w: { shape: [4, 2], dtype: 'float32' } },
    inputs: { x: { shape: [null, 4], dtype: 'float32' } },
    step: ({ w }, { x }) => ({ outputs: { y: tf.matMul(x as TensorFlow.Tensor2D, w as TensorFlow.Tensor2D) } }),
  };
}

/** A mistake: divides by the batch size that was traced. */
export function batchMean(): StepDefinition {
  return {
    state: {},
    inputs: { x: { shape: [null, 4], dtype: 'float32' } },
    step: (_, { x }) => ({ outputs: { y: tf.div(x!, x!.shape[0]!) } }),
  };
}

/** A mistake: moves a running mean over a batch of any size, which one graph cannot. */
export function runningMean(): StepDefinition {
  return {
    state: { mean: { shape: [2], dtype: 'float32' } },
    inputs: { x: { shape: [null, 2], dtype: 'float32' } },
    step({ mean }, { x }) {
      const next = tf.add(tf.mul(mean!, 0.5), tf.div(tf.sum(x!, 0), 2 * x!.shape[0]!));
      return { state: { mean: next }, outputs: { mean: next } };
    },
  };
}

/** [n, 4, 2] → its rows flattened, their sums as a column, and the sum of all, which the batch size is not part of. */
export function flatten(): StepDefinition {
  return {
    state: {},
    inputs: { x: { shape: [null, 4, 2], dtype: 'float32' } },
    step: (_, { x }) => ({
      outputs: {
        rows: tf.reshape(x!, [x!.shape[0]!, 8]),
        column: tf.expandDims(tf.sum(x!, [1, 2]), 1),
        sum: tf.sum(x!),
      },
    }),
  };
}

const long: TensorSpec = { shape: [1024], dtype: 'float32' };

/** Keeps its last input, swaps two variables, and returns the old ones. */
export function shift(): StepDefinition {
  return {
    state: { last: long, a: long, b: long },
    inputs: { x: long },
    step: ({ last, a, b }, { x }) => ({
      state: { last: tf.reshape(x!, [1024]), a: b!, b: a! },
      outputs: { last: last!, a: a! },
    }),
  };
}

/** A function without outputs. */
export function silent(): StepDefinition {
  return { state: { a: long }, inputs: { x: long }, step: (_, { x }) => ({ state: { a: x! }, outputs: {} }) };
}

/** Gradients of Σ conv(x)·weights for x and for the kernel; `same` with stride 1, else padded by 1 with stride 2. */
export function convGradients({ size, same }: { size: number; same: boolean }): StepDefinition {
  const out = same ? size : size / 2;
  return {
    state: { kernel: { shape: [3, 3, 64, 128], dtype: 'float32' } },
    inputs: {
      x: { shape: [4, size, size, 64], dtype: 'float32' },
      weights: { shape: [4, out, out, 128], dtype: 'float32' },
    },
    step({ kernel }, { x, weights }) {
      const options = same ? {} : ({ stride: 2, padding: [1, 1] } as const);
      const loss = (a: Tensor, k: Tensor) => tf.sum(tf.mul(conv2d(a, k, options), weights!)).asScalar();
      const [dx, dk] = tf.grads(loss)([x!, kernel!]);
      return { outputs: { dx: dx!, dk: dk! } };
    },
  };
}

/** How often each of 0 … 3 is in a row, and that for each value; negated where the row has no more than one 3. */
export function rows(): StepDefinition {
  return {
    state: {},
    inputs: { values: { shape: [2, 3], dtype: 'int32' } },
    step(_, { values }) {
      const counts = countRows(values!, 4);
      const own = lookUpRows(counts, values!);
      const several = tf.greater(tf.reshape(tf.slice(counts, [0, 3], [2, 1]), [2]), 1);
      return { outputs: { counts, looked: selectRows(several, own, tf.neg(own)) } };
    },
  };
}

/** Shapes of the state of `convolutionNorm`. */
export const NORM = { kernel: [3, 3, 3, 4], gamma: [4], beta: [4], mean: [4], variance: [4] };

/** Convolution, batch norm in evaluation, ReLU, of any number of images. */
export function convolutionNorm(): StepDefinition {
  return {
    state: Object.fromEntries(Object.entries(NORM).map(([name, shape]) => [name, { shape, dtype: 'float32' }])),
    inputs: { images: { shape: [null, 8, 8, 3], dtype: 'float32' } },
    step({ kernel, gamma, beta, mean, variance }, { images }) {
      const y = conv2d(images!, kernel!, { stride: 2, padding: [1, 1] });
      return { outputs: { out: relu(batchNormInference(y, gamma!, beta!, mean!, variance!)) } };
    },
  };
}
