import { join } from 'node:path';
import type { TrainStepArgs } from '@simclr/nn';
import { alternate, type Measured, type Side } from '../alternate.ts';
import { type Bench, median, type Row, row } from '../bench.ts';
import { BUCKET_BYTES, exchangeOf, exchangeSeconds } from '../exchange.ts';
import { HERE } from '../paths.ts';
import { peersPython } from '../python.ts';
import type { OurAllReduce } from '../sides/our-all-reduce.ts';
import type { OurRankStep } from '../sides/our-rank-step.ts';
import type { OurRanks } from '../sides/our-ranks.ts';

const ROUNDS = 5;
const RANKS = 2;
/** Bytes: a batch norm's, a bucket, all gradients of a ResNet-18. */
const SIZES = [1 << 10, 64 << 10, 1 << 20, BUCKET_BYTES, 46_000_000];
const CALLS = 30;

const stepArgs = (width: number, batch: number): TrainStepArgs => ({
  network: { depth: 18, width, stem: 'cifar', channels: 3 },
  head: { kind: 'nonlinear', layers: 2, outDim: 128 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4 },
  batch,
  inputShape: [32, 32, 3],
});

const CASES = [
  { name: 'R18 w16, 32 pairs a rank', args: stepArgs(16, 32), steps: 20 },
  { name: 'R18 w64, 16 pairs a rank', args: stepArgs(64, 16), steps: 5 },
];

const SIDES = [
  { side: 'alone', ranks: 1 },
  { side: 'apart', ranks: RANKS, apart: true },
  { side: 'together', ranks: RANKS },
];

const ours = (name: string, argument: OurRanks): Side => ({
  name,
  command: process.execPath,
  args: [join(HERE, 'sides/our-ranks.ts'), JSON.stringify(argument)],
});

export const scale: Bench = {
  name: 'scale',
  about:
    "ranks of a core each: an all-reduce, against torch.distributed's gloo and memcpy; a step by 2 against 1, and against what the model predicts",
  async run(say) {
    const python = peersPython(say);
    const reduce = { ranks: RANKS, counts: SIZES.map((bytes) => bytes / 4), calls: CALLS } satisfies OurAllReduce;
    const sums = await alternate(
      [
        ours('ours', { module: 'our-all-reduce.ts', ...reduce }),
        { name: 'gloo', command: python, args: [join(HERE, 'sides/peer_all_reduce.py'), JSON.stringify(reduce)] },
      ],
      ROUNDS,
      say,
    );
    const steps = await alternate(
      CASES.flatMap(({ name, args, steps: count }) =>
        SIDES.map(({ side, ...how }) =>
          ours(`${name}, ${side}`, {
            module: 'our-rank-step.ts',
            ...({ ...how, args, steps: count } satisfies OurRankStep),
          }),
        ),
      ),
      ROUNDS,
      say,
    );
    return [...compareSums(sums), ...compareSteps(steps, linkOf(sums))];
  },
};

/** Medians of each size: of the round in which the largest was fastest. */
const mediansOf = (side: Measured, of: string): number[] => (side[of] as number[][]).map(median);

const nameOf = (bytes: number): string =>
  bytes < 1 << 20 ? `${bytes >> 10} KiB` : bytes % (1 << 20) ? `${bytes / 1e6} MB` : `${bytes >> 20} MiB`;

function compareSums(results: Map<string, Measured>): Row[] {
  const [own, gloo] = [results.get('ours')!, results.get('gloo')!];
  const [reduce, direct, copy] = ['reduce', 'direct', 'copy'].map((what) => mediansOf(own, what));
  const theirs = mediansOf(gloo, 'reduce');
  return SIZES.flatMap((bytes, i) => {
    const at = { unit: 'µs, median', runs: ROUNDS * CALLS };
    const name = `all-reduce of ${nameOf(bytes)}, ${RANKS} ranks`;
    const micros = (times: number[]) => times[i]! * 1e6;
    return [
      row({ ...at, case: name, peer: 'torch.distributed, gloo' }, micros(reduce!), micros(theirs)),
      row({ ...at, case: `${name}, in a step`, peer: 'torch.distributed, gloo' }, micros(direct!), micros(theirs)),
      row({ ...at, case: `${name}, in a step`, peer: 'memcpy' }, micros(direct!), micros(copy!)),
    ];
  });
}

/** Latency, seconds, and bandwidth, bytes a second, of a call in a step: of the smallest array, and of a bucket. */
function linkOf(results: Map<string, Measured>): { latency: number; bandwidth: number; ranks: number } {
  const direct = mediansOf(results.get('ours')!, 'direct');
  const latency = direct[0]! / Math.log2(RANKS);
  const sent = (BUCKET_BYTES * 2 * (RANKS - 1)) / RANKS;
  return { latency, bandwidth: sent / (direct[SIZES.indexOf(BUCKET_BYTES)]! - direct[0]!), ranks: RANKS };
}

function compareSteps(results: Map<string, Measured>, link: ReturnType<typeof linkOf>): Row[] {
  return CASES.flatMap(({ name, args }) => {
    const [one, apart, two] = SIDES.map(({ side }) => results.get(`${name}, ${side}`)!) as [
      Measured,
      Measured,
      Measured,
    ];
    const { parameters, channels } = two.shapes as { parameters: number; channels: number[] };
    const dim = args.head.outDim;
    const exchange = exchangeOf({ parameters, channels, batch: RANKS * args.batch, dim, ranks: RANKS });
    const [alone, each, both] = [one, apart, two].map(({ seconds }) => median(seconds)) as [number, number, number];
    const at = { unit: 's/step, median', runs: two.seconds.length };
    return [
      row({ ...at, case: `step, ${name}, ${RANKS} ranks`, peer: '1 rank' }, both, alone),
      row({ ...at, case: `step, ${name}, ${RANKS} that exchange nothing`, peer: '1 rank' }, each, alone),
      row(
        { ...at, case: `step, ${name}, ${RANKS} ranks: the model's`, peer: 'measured' },
        each + exchangeSeconds(exchange, link),
        both,
      ),
    ];
  });
}
