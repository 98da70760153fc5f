import { join } from 'node:path';
import { alternate, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE } from '../paths.ts';
import { cifar10, photos } from '../prepare-images.ts';
import { peersPython } from '../python.ts';
import type { OurViews } from '../sides/our-views.ts';

interface Setting {
  name: string;
  /** What our loader reads and what the peers read. */
  images(): Promise<{ ours: string; theirs: string } | undefined>;
  missing: string;
  encoded: boolean;
  size: number;
  strength: number;
  blur: boolean;
  batch: number;
  /** Of one measured pass. */
  batches: number;
}

const SETTINGS: readonly Setting[] = [
  {
    name: '32 px from raw pixels: crop, flip, jitter 0.5, grey',
    async images() {
      const prepared = await cifar10();
      return prepared ? { ours: prepared.shards, theirs: prepared.peerFile } : undefined;
    },
    missing: '32 px left out: no ../shared/data/cifar10-jpeg.tar.gz',
    encoded: false,
    size: 32,
    strength: 0.5,
    blur: false,
    batch: 500,
    batches: 8,
  },
  {
    name: '224 px from 500×375 JPEG: crop, flip, jitter 1, grey, blur',
    async images() {
      const folder = await photos();
      return folder === undefined ? undefined : { ours: folder, theirs: folder };
    },
    missing: '224 px left out: no ../shared/data/caltech-101.zip',
    encoded: true,
    size: 224,
    strength: 1,
    blur: true,
    batch: 64,
    batches: 6,
  },
];

const PEERS = ['pil', 'albumentations'] as const;
/** The other of our two engines, which is made for a GPU: what it costs to run it on a core. It takes raw pixels only. */
const DEVICE = 'our tensor operations';
const ROUNDS = 3;
/** Measured in a process. */
const PASSES = 3;

export const views: Bench = {
  name: 'views',
  about:
    "augmented views per second of one core, against torchvision's PIL path, Albumentations, and our tensor operations",
  async run(say) {
    const python = peersPython(say);
    const rows: Row[] = [];
    for (const setting of SETTINGS) {
      say(setting.name);
      const images = await setting.images();
      if (!images) {
        say(setting.missing);
        continue;
      }
      const { encoded, size, strength, blur, batch, batches } = setting;
      const crop = encoded ? `crop(to=${size})` : 'crop';
      const policy = `${crop}|flip|jitter(${strength})|grayscale${blur ? '|blur' : ''}`;
      const ours: OurViews = { images: images.ours, encoded, policy, batch, batches, passes: PASSES };
      const shared = { images: images.theirs, encoded, size, strength, blur, batch, batches, passes: PASSES };
      const sides: Side[] = [
        { name: 'ours', command: process.execPath, args: [join(HERE, 'sides/our-views.ts'), JSON.stringify(ours)] },
        ...PEERS.map((library) => ({
          name: library,
          command: python,
          args: [join(HERE, 'sides/peer_views.py'), JSON.stringify({ ...shared, library })],
        })),
      ];
      if (!encoded) {
        const args = [join(HERE, 'sides/our-device-views.ts'), JSON.stringify(ours)];
        const env = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
        sides.push({ name: DEVICE, command: process.execPath, args, env });
      }
      const results = await alternate(sides, ROUNDS, say);
      const own = results.get('ours')!.seconds;
      for (const peer of encoded ? PEERS : [...PEERS, DEVICE]) {
        const theirs = results.get(peer)!.seconds;
        const at = { case: setting.name, peer, runs: own.length };
        rows.push(row({ ...at, unit: 'views/s a core, best' }, 1 / min(own), 1 / min(theirs)));
        rows.push(row({ ...at, unit: 'views/s a core, median' }, 1 / median(own), 1 / median(theirs)));
      }
    }
    return rows;
  },
};
