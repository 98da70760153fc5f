import { join } from 'node:path';
import { availableCores, choosePrecision, type Precision } from '@simclr/tensorflow';
import { alternate, type Measured, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE } from '../paths.ts';
import { caltech101, cifar10, type PreparedImages } from '../prepare-images.ts';
import { peersPython } from '../python.ts';
import type { OurPretrain } from '../sides/our-pretrain.ts';

interface Setting {
  name: string;
  images(): Promise<PreparedImages | undefined>;
  missing: string;
  depth: 18 | 50;
  width: number;
  stem: 'cifar' | 'imagenet';
  /** Side of the views, px. */
  size: number;
  pairs: number;
  strength: number;
  blur: boolean;
  warmUp: number;
  windows: number;
  /** Steps in a window: views and steps take turns on the cores, so that single steps say little. */
  window: number;
  rounds: number;
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'R18 w16, CIFAR-10, 128 pairs',
    images: cifar10,
    missing: 'CIFAR-10 left out: no ../shared/data/cifar10-jpeg.tar.gz',
    depth: 18,
    width: 16,
    stem: 'cifar',
    size: 32,
    pairs: 128,
    strength: 0.5,
    blur: false,
    warmUp: 5,
    windows: 4,
    window: 8,
    rounds: 3,
  },
  {
    name: 'R50 w64, Caltech-101 JPEGs at 96 px, 32 pairs',
    images: caltech101,
    missing: 'Caltech-101 left out: no ../shared/data/caltech-101.zip',
    depth: 50,
    width: 64,
    stem: 'imagenet',
    size: 96,
    pairs: 32,
    strength: 1,
    blur: true,
    warmUp: 3,
    windows: 4,
    window: 2,
    rounds: 2,
  },
];

/** What each precision of ours is compared with: as people run it, and the same precision with its best layout. */
const PEERS: Record<Precision, readonly string[]> = {
  fp32: ['default', 'channels_last'],
  bf16: ['default', 'bf16 channels_last'],
};

export const pretrain: Bench = {
  name: 'pretrain',
  about: 'pretraining from images on disk, against PyTorch with PIL views in DataLoader workers',
  async run(say) {
    const python = peersPython(say);
    const precisions: Precision[] = choosePrecision('auto').precision === 'bf16' ? ['fp32', 'bf16'] : ['fp32'];
    const rows: Row[] = [];
    for (const setting of SETTINGS) {
      say(setting.name);
      const images = await setting.images();
      if (!images) {
        say(setting.missing);
        continue;
      }
      const variants = [...new Set(precisions.flatMap((precision) => PEERS[precision]))];
      const sides = [
        ...precisions.map((precision) => ourSide(setting, images, precision)),
        ...variants.map((variant) => peerSide(python, setting, images, variant)),
      ];
      const results = await alternate(sides, setting.rounds, say);
      rows.push(...precisions.flatMap((precision) => compare(setting, precision, results)));
    }
    return rows;
  },
};

function ourSide(setting: Setting, { shards }: PreparedImages, precision: Precision): Side {
  const { depth, width, stem, size, pairs, strength, blur, warmUp, windows, window } = setting;
  const crop = size === 32 ? 'crop' : `crop(to=${size})`;
  const argument: OurPretrain = {
    shards,
    policy: `${crop}|flip|jitter(${strength})|grayscale${blur ? '|blur' : ''}`,
    inputShape: [size, size, 3],
    config: {
      dataset: 'bench',
      network: { depth, width, stem },
      optimizer: { name: 'sgd', weightDecay: 0 },
      batch: pairs,
      precision,
      logEvery: 1,
      monitor: { everyEpochs: 1e9 },
    },
    warmUp,
    windows,
    window,
  };
  return {
    name: `ours ${precision}`,
    command: process.execPath,
    args: [join(HERE, 'sides/our-pretrain.ts'), JSON.stringify(argument)],
  };
}

function peerSide(python: string, setting: Setting, { peerFile }: PreparedImages, variant: string): Side {
  const { depth, width, stem, size, strength, blur, pairs, warmUp, windows, window } = setting;
  const shared = { depth, width, stem, size, strength, blur, pairs, warmUp, windows, window };
  const argument = { ...shared, file: peerFile, variant, workers: availableCores() };
  return {
    name: `torch ${variant}`,
    command: python,
    args: [join(HERE, 'sides/peer_pretrain.py'), JSON.stringify(argument)],
  };
}

function compare({ name, pairs }: Setting, precision: Precision, results: ReadonlyMap<string, Measured>): Row[] {
  const ours = results.get(`ours ${precision}`)!;
  const runs = ours.seconds.length;
  const at = { case: `${precision} ${name}`, runs };
  return PEERS[precision].flatMap((variant) => {
    const theirs = results.get(`torch ${variant}`)!;
    const peer = `torch ${variant}, PIL workers`;
    return [
      row({ ...at, peer, unit: 's/step, min' }, min(ours.seconds), min(theirs.seconds)),
      row({ ...at, peer, unit: 's/step, median' }, median(ours.seconds), median(theirs.seconds)),
      row({ ...at, peer, unit: 'images/s' }, pairs / min(ours.seconds), pairs / min(theirs.seconds)),
      row({ ...at, peer, unit: 'share of time waiting' }, ours.waitShare as number, theirs.waitShare as number),
      row({ ...at, peer, unit: 'peak RSS, MB' }, ours.rssMB, theirs.rssMB),
    ];
  });
}
