import { z } from '@simclr/stage';

/** τ; the paper: 0.1 on ImageNet, 0.5 on CIFAR-10 for long training. */
const temperature = z.number().positive().default(0.5);

const momentum = z.number().min(0).max(1).default(0.9);
const weightDecay = z.number().min(0).default(1e-4);

const negatives = {
  /** Only the closest negative that is farther than the positive (Table 4's "sh"); otherwise all of the other view. */
  semiHard: z.boolean().default(false),
  /** How the negatives of an anchor add up without `semiHard`; the paper does not say. */
  reduction: z.enum(['sum', 'mean']).default('mean'),
};

/**
 * Config of the stage `pretrain`. The defaults are the paper's where it says one (section 2.3 and B.9 for CIFAR-sized
 * images); names are the reference implementation's.
 */
export const PretrainConfig = z
  .strictObject({
    /** Dataset of the stage `ingest`, where that writes several. Its `train` split is used; labels serve the kNN monitor only. */
    dataset: z.string().optional(),
    network: z.strictObject({
      /** ResNet depth. 10 has one basic block a group; the paper's are 18 (in its code, for CIFAR-10) and 50, SimCLR v2's up to 152. */
      depth: z.literal([10, 18, 34, 50, 101, 152, 200]).default(18),
      /** Channels of the first group, doubled from group to group; the paper's 1× is 64. */
      width: z.int().min(1).default(64),
      /** `cifar`: 3×3 stride 1, no pooling (the reference's rule for images of at most 32 px); `imagenet`: 7×7 stride 2 and max pooling. */
      stem: z.enum(['cifar', 'imagenet']).default('cifar'),
      /** Selective kernels in the bottlenecks of depth 50 and more, with ResNet-D's shortcuts and stem (SimCLR v2: 0.0625). */
      skRatio: z.number().min(0).max(1).optional(),
      /** Squeeze and excitation at the end of each block, to this share of its filters (usually 0.25). */
      seRatio: z.number().min(0).max(1).optional(),
    }),
    /** Projection head g(h), section 4.2. */
    head: z
      .strictObject({
        kind: z.enum(['nonlinear', 'linear', 'none']).default('nonlinear'),
        /** Dense layers of a nonlinear head; the paper has 2, SimCLR v2 3. */
        layers: z.int().min(1).default(2),
        /** Dimension of z. */
        outDim: z.int().min(1).default(128),
      })
      .prefault({}),
    /** The contrastive loss: NT-Xent, section 2.1, or for comparison those of Table 2. */
    objective: z
      .discriminatedUnion('kind', [
        z.strictObject({
          kind: z.literal('nt_xent').default('nt_xent'),
          temperature,
          /** Cosine similarity (l2-normalised z) rather than the dot product. */
          normalize: z.boolean().default(true),
          /** `paper`: mean over 2N rows; `reference`: the code's loss, twice that. */
          scale: z.enum(['paper', 'reference']).default('paper'),
        }),
        z.strictObject({ kind: z.literal('nt_logistic'), temperature, ...negatives }),
        z.strictObject({
          kind: z.literal('margin_triplet'),
          /** m, in cosine similarity: 0 to 1.6 in appendix B.10. */
          margin: z.number().min(0).max(2).default(0.8),
          ...negatives,
        }),
        /** The baseline: cross-entropy of the labels, without a projection head, on the same views. */
        z.strictObject({ kind: z.literal('supervised') }),
      ])
      .prefault({}),
    optimizer: z
      .discriminatedUnion('name', [
        z.strictObject({
          name: z.literal('lars').default('lars'),
          momentum,
          weightDecay,
          /** The learning rate is inside the velocity, as in the reference; outside it otherwise (Goyal et al.'s, "popular"). */
          classicMomentum: z.boolean().default(true),
          useNesterov: z.boolean().default(false),
        }),
        /** The reference's `momentum` has `useNesterov`. */
        z.strictObject({ name: z.literal('sgd'), momentum, weightDecay, useNesterov: z.boolean().default(false) }),
        z.strictObject({ name: z.literal('adam'), weightDecay }),
      ])
      .prefault({}),
    learningRate: z
      .strictObject({
        /** Rate for a batch of 256 (linear scaling) or of 1 (sqrt scaling). */
        base: z.number().positive().default(1),
        scaling: z.enum(['linear', 'sqrt']).default('linear'),
        /** Linear warmup from 0, then cosine decay to 0. */
        warmupEpochs: z.number().min(0).default(10),
      })
      .prefault({}),
    /** Pairs N a step: 2N views, 2(N − 1) negatives a view. */
    batch: z.int().min(2).default(512),
    /**
     * Pairs that go through the network at a time, for a batch whose activations do not fit into memory; divides `batch`,
     * which it is by default. Negatives stay those of the whole batch, batch norm's statistics become those of a chunk, and
     * a step takes a forward pass more.
     */
    chunk: z.int().min(1).optional(),
    /**
     * Who makes the views, the same ones within rounding. `workers`: threads on the CPU. `device`: the compiled step, from
     * raw pixels and what is drawn for each view, for a GPU that the CPU cannot keep fed: that has a ninth of the work left.
     * Without a GPU it takes three times the CPU time of `workers` (32 px, AMD Zen 5). A step is then fed whole images in
     * float32 instead of views: more, where views are much smaller than their images.
     */
    views: z.enum(['workers', 'device']).default('workers'),
    epochs: z.number().positive().default(100),
    /** A linear classifier trained beside the encoder, which gets no gradient of it (the reference's lineareval_while_pretraining). */
    onlineProbe: z.boolean().default(false),
    /** Decay of a moving average of the weights, which is then what is published and monitored; without it the last weights are. */
    ema: z.number().min(0).lt(1).optional(),
    /** `auto`: bf16 where the processor has units for it, else fp32. Weights, statistics and loss stay fp32. */
    precision: z.enum(['auto', 'fp32', 'bf16']).default('auto'),
    /** Online kNN accuracy on training images held out from the bank; never on the test split. */
    monitor: z
      .strictObject({
        everyEpochs: z.number().positive().default(1),
        /** Labelled training images to compare with. */
        bank: z.int().min(1).default(10_000),
        /** Held-out training images to classify. */
        queries: z.int().min(1).default(2_000),
        k: z.int().min(1).default(200),
        /** Weight of a neighbour is exp(cosine / temperature). */
        temperature: z.number().positive().default(0.1),
      })
      .prefault({}),
    /** Metrics are logged every so many steps. */
    logEvery: z.int().min(1).default(10),
    /** A checkpoint is written every so many seconds, and when the run is told to stop. */
    checkpointSeconds: z.number().positive().default(60),
  })
  .refine(({ batch, chunk = batch }) => batch % chunk === 0, { path: ['chunk'], error: 'expected a divisor of batch' })
  .refine(({ views, chunk }) => views === 'workers' || chunk === undefined, {
    path: ['views'],
    error: "expected 'workers' with chunk",
  })
  .refine(
    ({ objective, ...rest }) => objective.kind !== 'supervised' || !(rest.chunk || rest.onlineProbe || rest.ema),
    {
      path: ['objective', 'kind'],
      error: 'expected a contrastive objective with chunk, onlineProbe or ema',
    },
  );

export type PretrainConfig = z.infer<typeof PretrainConfig>;
