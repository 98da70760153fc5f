import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, ensureServer, stopServer, waitReady } from '@simclr/mlflow';
import type { TrainStepArgs } from '@simclr/nn';
import { UserError } from '@simclr/stage';
import { alternate, type Measured, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE, VENV } from '../paths.ts';
import type { OurTrackedStep } from '../sides/our-tracked-step.ts';
import type { OurTracking } from '../sides/our-tracking.ts';

const ROUNDS = 3;
const POINTS = 20_000;
/** Python's ways, with as many points as take it seconds. */
const PEERS = { log_batch: POINTS, async: 400, sync: 400 };
const STEPS = 200;

/** A small network, of which logging would be the larger part. */
const STEP: TrainStepArgs = {
  network: { depth: 18, width: 8, stem: 'cifar', channels: 3 },
  head: { kind: 'nonlinear', layers: 2, outDim: 128 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
  batch: 8,
  inputShape: [32, 32, 3],
};

const ours = (name: string, side: string, argument: object): Side => {
  return { name, command: process.execPath, args: [join(HERE, `sides/${side}.ts`), JSON.stringify(argument)] };
};

export const tracking: Bench = {
  name: 'tracking',
  about: "points a second and the time of a metric() call, against MLflow's Python client on the same server",
  async run(say) {
    const [bin, python] = ['mlflow', 'python'].map((name) => join(VENV, 'bin', name)) as [string, string];
    if (!existsSync(bin)) throw new UserError(`mlflow is not installed: ${bin} is missing. run \`npm run setup\``);
    const root = mkdtempSync(join(tmpdir(), 'bench-tracking-'));
    const server = await ensureServer({ dir: join(root, 'server'), bin });
    const { uri: trackingUri } = server;
    try {
      await waitReady(createClient({ trackingUri, env: {} }), { timeoutMs: 170_000, server });
      const dir = join(root, 'journals');
      const peers = Object.entries(PEERS).map(([how, points]): Side => {
        const argument = JSON.stringify({ trackingUri, how, points });
        return { name: `python ${how}`, command: python, args: [join(HERE, 'sides/peer_tracking.py'), argument] };
      });
      const own = ours('ours', 'our-tracking', { trackingUri, dir, points: POINTS } satisfies OurTracking);
      const results = await alternate([own, ...peers], ROUNDS, say);
      const plain = { args: STEP, steps: STEPS } satisfies OurTrackedStep;
      const steps = await alternate(
        [
          ours('step without tracking', 'our-tracked-step', plain),
          ours('step with tracking', 'our-tracked-step', { ...plain, tracked: { trackingUri, dir } }),
        ],
        ROUNDS,
        say,
      );
      return [...compare(results), compareSteps(steps)];
    } finally {
      await stopServer(join(root, 'server'));
      rmSync(root, { recursive: true });
    }
  },
};

type Timed = Measured & { points: number; p50: number; p99: number };

/** Of each side its fastest round. */
function compare(results: Map<string, Measured>): Row[] {
  const own = results.get('ours') as Timed;
  return Object.keys(PEERS).flatMap((how) => {
    const peer = results.get(`python ${how}`) as Timed;
    const at = { peer: `python ${how}`, runs: own.seconds.length };
    const rate = (side: Timed) => side.points / min(side.seconds);
    const delivered = row({ ...at, case: 'points delivered', unit: 'points/s, max' }, rate(own), rate(peer));
    if (how === 'log_batch') return [delivered]; // Its call is of a thousand points.
    const call = { ...at, case: 'a metric() call' };
    return [
      delivered,
      row({ ...call, unit: 'µs, p50' }, own.p50, peer.p50),
      row({ ...call, unit: 'µs, p99' }, own.p99, peer.p99),
    ];
  });
}

function compareSteps(results: Map<string, Measured>): Row {
  const [plain, tracked] = ['without', 'with'].map((how) => results.get(`step ${how} tracking`)!.seconds) as [
    number[],
    number[],
  ];
  const at = { case: 'R18 w8, 8 pairs, five metrics a step', unit: 's/step, median', peer: 'without tracking' };
  return row({ ...at, runs: tracked.length }, median(tracked), median(plain));
}
