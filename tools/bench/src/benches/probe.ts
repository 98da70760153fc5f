import { join } from 'node:path';
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
  l2: number;
  /** Measured fits a process. */
  fits: number;
}

const SETTINGS: readonly Setting[] = [
  { name: '50,000 × 512 features, l2 10', kind: 'layer', stride: 1, l2: 10, fits: 2 },
  { name: '5,000 × 3,072 pixels, l2 100', kind: 'pixels', stride: 10, l2: 100, fits: 2 },
  { name: '50,000 × 3,072 pixels, l2 100', kind: 'pixels', stride: 1, l2: 100, fits: 1 },
];

const ROUNDS = 3;
/** By their threads: two that wait for each other are the slower where anything else runs. */
const PEERS: Record<string, Record<string, string>> = {
  'scikit-learn': {},
  'scikit-learn 1 thread': { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
};

export const probe: Bench = {
  name: 'probe',
  about: "one fit of logistic regression, against scikit-learn's, with the objective that each reaches",
  async run(say) {
    const python = peersPython(say);
    const rows: Row[] = [];
    for (const { name, kind, stride, l2, fits } of SETTINGS) {
      say(name);
      const prepared = await cifarFeatures(kind, stride);
      if (!prepared) {
        say('left out: no ../shared/data/cifar10-jpeg.tar.gz');
        continue;
      }
      const argument = JSON.stringify({ ...prepared, l2, fits } satisfies OurProbe);
      const sides: Side[] = [
        { name: 'ours', command: process.execPath, args: [join(HERE, 'sides/our-probe.ts'), argument] },
        ...Object.entries(PEERS).map(([name, env]) => {
          return { name, command: python, args: [join(HERE, 'sides/peer_probe.py'), argument], env };
        }),
      ];
      const results = await alternate(sides, ROUNDS, say);
      const ours = results.get('ours')!;
      const [peer, theirs] = Object.keys(PEERS)
        .map((name) => [name, results.get(name)!] as const)
        .reduce((a, b) => (min(a[1].seconds) <= min(b[1].seconds) ? a : b));
      // In full: they differ by millionths, which the table rounds off.
      say(`objective: ours ${ours.objective}, ${peer} ${theirs.objective}`);
      const at = { case: name, peer: `${peer} (best)`, runs: ours.seconds.length };
      rows.push(
        row({ ...at, unit: 's/fit, min' }, min(ours.seconds), min(theirs.seconds)),
        row({ ...at, unit: 's/fit, median' }, median(ours.seconds), median(theirs.seconds)),
        row({ ...at, unit: 'objective' }, ours.objective as number, theirs.objective as number),
        row({ ...at, unit: 'peak RSS, MB' }, ours.rssMB, theirs.rssMB),
      );
    }
    return rows;
  },
};
