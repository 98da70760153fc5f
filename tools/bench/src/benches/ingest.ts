import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { alternate, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE, SHARED_DATA } from '../paths.ts';
import { caltech101 } from '../prepare-images.ts';
import { peersPython } from '../python.ts';
import type { OurReads } from '../sides/our-reads.ts';

const ARCHIVE = join(SHARED_DATA, 'cifar10-jpeg.tar.gz');
const IMAGES = 60_000;
/** How Hugging Face's users do it: none but the last decodes the images, as ours does, which lets no damaged one in. */
const PEERS = ['imagefolder', 'generator', 'generator that decodes'] as const;
const BUILDS = 2;
const ROUNDS = 3;
const READS = { batch: 256, batches: 30, passes: 3 };

const node = (name: string, script: string, argument: object): Side => ({
  name,
  command: process.execPath,
  args: [join(HERE, 'sides', script), JSON.stringify(argument)],
});

export const ingest: Bench = {
  name: 'ingest',
  about:
    'a dataset built from an archive, against Hugging Face datasets and a copy of its bytes; and read in random order',
  async run(say) {
    const python = peersPython(say);
    const peer = (name: string, script: string, argument: object): Side => ({
      name,
      command: python,
      args: [join(HERE, 'sides', script), JSON.stringify(argument)],
    });
    return [...(await builds(peer, say)), ...(await reads(peer, say))];
  },
};

type Peer = (name: string, script: string, argument: object) => Side;

async function builds(peer: Peer, say: (line: string) => void): Promise<Row[]> {
  if (!existsSync(ARCHIVE)) {
    say('building left out: no ../shared/data/cifar10-jpeg.tar.gz');
    return [];
  }
  const sides = [
    node('ours', 'our-ingest.ts', { archive: ARCHIVE }),
    ...PEERS.map((how) => peer(`datasets, ${how}`, 'peer_ingest.py', { archive: ARCHIVE, how })),
    node('copy', 'our-copy.ts', { archive: ARCHIVE }),
  ];
  const results = await alternate(sides, BUILDS, say);
  const ours = results.get('ours')!.seconds;
  const megabytes = statSync(ARCHIVE).size / 1e6;
  return [...PEERS.map((how) => `datasets, ${how}`), 'copy'].flatMap((name) => {
    const theirs = results.get(name)!.seconds;
    const at = { case: '60,000 JPEGs of 32×32 in a tar.gz, each decoded by ours', peer: name, runs: ours.length };
    return [
      row({ ...at, unit: 'images/s' }, IMAGES / min(ours), IMAGES / min(theirs)),
      row({ ...at, unit: 'MB/s of the archive' }, megabytes / min(ours), megabytes / min(theirs)),
    ];
  });
}

async function reads(peer: Peer, say: (line: string) => void): Promise<Row[]> {
  const prepared = await caltech101();
  if (!prepared) {
    say('reading left out: no ../shared/data/caltech-101.zip');
    return [];
  }
  const ours: OurReads = { shards: prepared.shards, ...READS };
  const files: OurReads = { files: prepared.peerFile, ...READS };
  const sides = [
    node('ours', 'our-reads.ts', ours),
    peer('pyarrow', 'peer_reads.py', ours),
    node('files', 'our-reads.ts', files),
  ];
  const results = await alternate(sides, ROUNDS, say);
  const own = results.get('ours')!.seconds;
  return ['pyarrow', 'files'].flatMap((name) => {
    const theirs = results.get(name)!.seconds;
    const at = { case: 'batches of 256 photographs in random order', peer: name, runs: own.length };
    return [
      row({ ...at, unit: 'images/s, best' }, 1 / min(own), 1 / min(theirs)),
      row({ ...at, unit: 'images/s, median' }, 1 / median(own), 1 / median(theirs)),
    ];
  });
}
