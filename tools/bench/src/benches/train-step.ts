import { join } from 'node:path';
import { type TrainStepArgs, trainStepFlops } from '@simclr/nn';
import { choosePrecision, type Precision } from '@simclr/tensorflow';
import { threadsWithinOp } from '@simclr/training/threads';
import { alternate, type Measured, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE } from '../paths.ts';
import { peersPython } from '../python.ts';
import type { OurStep } from '../sides/our-step.ts';

interface Size {
  width: number;
  pairs: number;
  /** Measured steps a process. */
  steps: number;
  rounds: number;
}

/** ResNet-18 with the CIFAR stem at 32 px: what a CPU trains in reasonable time, and two small nets where overhead shows. */
const SIZES: readonly Size[] = [
  { width: 64, pairs: 64, steps: 3, rounds: 3 },
  { width: 64, pairs: 128, steps: 3, rounds: 2 },
  { width: 16, pairs: 128, steps: 10, rounds: 3 },
  { width: 8, pairs: 8, steps: 100, rounds: 3 },
];

const PEERS: Record<Precision, readonly string[]> = {
  fp32: ['default', 'channels_last', 'channels_last compile'],
  bf16: ['bf16', 'bf16 channels_last', 'bf16 channels_last compile'],
};

function argsOf({ width, pairs }: Size): TrainStepArgs {
  return {
    network: { depth: 18, width, stem: 'cifar', channels: 3 },
    head: { kind: 'nonlinear', layers: 2, outDim: 128 },
    objective: { temperature: 0.5, normalize: true, scale: 'paper' },
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
    batch: pairs,
    inputShape: [32, 32, 3],
  };
}

export const trainStep: Bench = {
  name: 'train-step',
  about: "one step of SimCLR on a batch in memory, against PyTorch's, fp32 and bf16",
  async run(say) {
    const python = peersPython(say);
    const { precision, reason } = choosePrecision('auto');
    const precisions: Precision[] = precision === 'bf16' ? ['fp32', 'bf16'] : ['fp32'];
    if (precision === 'fp32') say(`bf16 left out: ${reason}`);
    const rows: Row[] = [];
    for (const size of SIZES) {
      say(`R18 w${size.width}, ${size.pairs} pairs`);
      const sides = precisions.flatMap((kind) => [
        ourSide(size, kind),
        ...PEERS[kind].map((variant) => peerSide(python, size, variant)),
      ]);
      const results = await alternate(sides, size.rounds, say);
      rows.push(...precisions.flatMap((kind) => compare(size, kind, results)), best(size, results));
    }
    return rows;
  },
};

function ourSide(size: Size, precision: Precision): Side {
  const argument: OurStep = { args: argsOf(size), precision, steps: size.steps };
  // As the stage sets it.
  const threads = threadsWithinOp(trainStepFlops(argument.args));
  return {
    name: `ours ${precision}`,
    command: process.execPath,
    args: [join(HERE, 'sides/our-step.ts'), JSON.stringify(argument)],
    env: threads === undefined ? {} : { TF_NUM_INTRAOP_THREADS: String(threads) },
  };
}

function peerSide(python: string, { width, pairs, steps }: Size, variant: string): Side {
  const argument = { variant, depth: 18, width, stem: 'cifar', side: 32, pairs, steps };
  return {
    name: `torch ${variant}`,
    command: python,
    args: [join(HERE, 'sides/peer_step.py'), JSON.stringify(argument)],
  };
}

/** The faster precision of each side. */
function best({ width, pairs }: Size, results: ReadonlyMap<string, Measured>): Row {
  const [ours, theirs] = ['ours', 'torch'].map((side) =>
    [...results]
      .filter(([name]) => name.startsWith(side))
      .reduce((a, b) => (min(a[1].seconds) <= min(b[1].seconds) ? a : b)),
  ) as [[string, Measured], [string, Measured]];
  const at = { case: `${ours[0].slice(5)}, our best: R18 w${width}, ${pairs} pairs`, peer: `${theirs[0]} (best)` };
  const runs = ours[1].seconds.length;
  return row({ ...at, unit: 's/step, min', runs }, min(ours[1].seconds), min(theirs[1].seconds));
}

function compare(size: Size, precision: Precision, results: ReadonlyMap<string, Measured>): Row[] {
  const ours = results.get(`ours ${precision}`)!;
  const runs = ours.seconds.length;
  const name = `${precision} R18 w${size.width}, ${size.pairs} pairs`;
  const images = 2 * size.pairs;
  const peers = PEERS[precision].map((variant) => [`torch ${variant}`, results.get(`torch ${variant}`)!] as const);
  const rows = peers.flatMap(([peer, theirs]) => {
    if (theirs.parameters !== ours.parameters) {
      throw new Error(`networks differ: ours has ${ours.parameters} parameters, ${peer} ${theirs.parameters}`);
    }
    return [row({ case: name, unit: 's/step, min', peer, runs }, min(ours.seconds), min(theirs.seconds))];
  });
  const [peer, best] = peers.reduce((a, b) => (min(a[1].seconds) <= min(b[1].seconds) ? a : b));
  const gflops = trainStepFlops(argsOf(size)) / 1e9;
  const more = { case: name, peer: `${peer} (best)`, runs };
  return [
    ...rows,
    row({ ...more, unit: 's/step, median' }, median(ours.seconds), median(best.seconds)),
    row({ ...more, unit: 'views/s' }, images / min(ours.seconds), images / min(best.seconds)),
    row({ ...more, unit: 'peak RSS, MB' }, ours.rssMB, best.rssMB),
    row(
      { ...more, peer: 'fp32 GEMM peak, measured beside it', unit: 'GFLOP/s' },
      gflops / min(ours.seconds),
      ours.gemmPeak as number,
    ),
  ];
}
