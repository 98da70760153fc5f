import { join } from 'node:path';
import { paperStrengths } from '@simclr/probe';
import { alternate, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE } from '../paths.ts';
import { cifarFeatures } from '../prepare-features.ts';
import { peersPython } from '../python.ts';
import type { OurProbe } from '../sides/our-probe.ts';

interface Setting {
  name: string;
  kind: 'pixels' | 'layer';
  /** Every so many-th image. */
  stride: number;
  /** From strong to weak; several are fitted as one path. */
  l2s: number[];
  /** Measured fits a process. */
  fits: number;
  /** Processes of each side. */
  rounds?: number;
}

const SETTINGS: readonly Setting[] = [
  {
    name: '45 λ, 50,000 × 512 features',
    kind: 'layer',
    stride: 1,
    l2s: paperStrengths().reverse(),
    fits: 1,
    rounds: 1,
  },
  { name: '50,000 × 512 features, l2 10', kind: 'layer', stride: 1, l2s: [10], fits: 2 },
  { name: '5,000 × 3,072 pixels, l2 100', kind: 'pixels', stride: 10, l2s: [100], fits: 2 },
  { name: '50,000 × 3,072 pixels, l2 100', kind: 'pixels', stride: 1, l2s: [100], fits: 1 },
];

const ROUNDS = 3;
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
/** Each by its threads: two that wait for each other are the slower where anything else runs. */
const PEERS: Record<string, Record<string, Record<string, string>>> = {
  'scikit-learn': { '': {}, ' 1 thread': ONE_THREAD },
  'scikit-learn-intelex': { '': { PATCHED: '1' }, ' 1 thread': { PATCHED: '1', ...ONE_THREAD } },
};

const sum = (values: unknown): number => (values as number[]).reduce((total, value) => total + value, 0);

export const probe: Bench = {
  name: 'probe',
  about: "logistic regression, one fit and 45 λ, against scikit-learn's, with the objectives that each reaches",
  async run(say) {
    const python = peersPython(say, 'probe');
    const rows: Row[] = [];
    for (const { name, kind, stride, l2s, fits, rounds = ROUNDS } of SETTINGS) {
      say(name);
      const prepared = await cifarFeatures(kind, stride);
      if (!prepared) {
        say('left out: no ../shared/data/cifar10-jpeg.tar.gz');
        continue;
      }
      const argument = JSON.stringify({ ...prepared, l2s, fits } satisfies OurProbe);
      const sides: Side[] = [
        { name: 'ours', command: process.execPath, args: [join(HERE, 'sides/our-probe.ts'), argument] },
        ...Object.values(PEERS).flatMap((threads, i) =>
          Object.entries(threads).map(([suffix, env]) => {
            const name = `${Object.keys(PEERS)[i]}${suffix}`;
            return { name, command: python, args: [join(HERE, 'sides/peer_probe.py'), argument], env };
          }),
        ),
      ];
      const results = await alternate(sides, rounds, say);
      const ours = results.get('ours')!;
      for (const [library, threads] of Object.entries(PEERS)) {
        const [peer, theirs] = Object.keys(threads)
          .map((suffix) => [`${library}${suffix}`, results.get(`${library}${suffix}`)!] as const)
          .reduce((a, b) => (min(a[1].seconds) <= min(b[1].seconds) ? a : b));
        // In full: they differ by millionths, which the table rounds off.
        say(`objectives: ours ${ours.objectives}, ${peer} ${theirs.objectives}`);
        const at = { case: name, peer: `${peer} (best)`, runs: ours.seconds.length };
        rows.push(
          row({ ...at, unit: 's/fit, min' }, min(ours.seconds), min(theirs.seconds)),
          row({ ...at, unit: 's/fit, median' }, median(ours.seconds), median(theirs.seconds)),
          row({ ...at, unit: 'objective, sum' }, sum(ours.objectives), sum(theirs.objectives)),
          row({ ...at, unit: 'peak RSS, MB' }, ours.rssMB, theirs.rssMB),
        );
      }
    }
    return rows;
  },
};
