import { basename } from 'node:path';
import { type Archives, contentOfMember } from '../archives.ts';
import type { ArchiveFile, Dataset, DatasetRow } from '../dataset.ts';
import { type MatValue, readMat } from '../formats/mat5.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const TRAIN = 'ILSVRC2012_img_train.tar';
const VALIDATION = 'ILSVRC2012_img_val.tar';
const DEVKIT = 'ILSVRC2012_devkit_t12.tar.gz';
const META = 'ILSVRC2012_devkit_t12/data/meta.mat';
const TRUTH = 'ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt';

const file = (name: string, md5: string, unpacked: string): ArchiveFile => ({
  name,
  unpacked,
  checksum: { algorithm: 'md5', hex: md5 },
  sources: [],
  byHand: 'its owners give it to who registers at image-net.org',
});

/**
 * ImageNet's classification challenge of 2012. Papers test on what its authors call validation, and so it is here. A tar for
 * each class is in the tar of training images, and is read within it.
 */
export const imagenet: Dataset = {
  name: 'imagenet',
  title: 'ImageNet (ILSVRC2012)',
  metric: 'top-1',
  classes: 1000,
  shape: null,
  splits: { train: 1_281_167, test: 50_000 },
  files: [
    file(TRAIN, '1d675b47d978889d74fa0da5fadfb00e', 'train'),
    file(VALIDATION, '29b22e2961454d5413ddabcf34fc5622', 'val'),
    file(DEVKIT, 'fa75699e90414af021442c21a62c3abf', 'ILSVRC2012_devkit_t12'),
  ],
  homepage: 'https://image-net.org/challenges/LSVRC/2012/',
  licence: 'for research, not for commerce',
  citation: 'Russakovsky et al. ImageNet large scale visual recognition challenge. IJCV 2015',
  async read(archives) {
    const files = await archives.find(DEVKIT, [META, TRUTH]);
    const synsets = leaves(readMat(files.get(META)!, META));
    // Classes are numbered in the order of their synsets, as everywhere but in the devkit.
    const sorted = [...synsets].sort((a, b) => (a.wnid < b.wnid ? -1 : 1));
    const listing = new Listing(
      'imagenet',
      sorted.map(({ wnid }) => wnid),
    );
    const wnidOf = new Map(synsets.map(({ id, wnid }) => [id, wnid]));
    linesOf(files.get(TRUTH)).forEach((line, i) => {
      const name = `ILSVRC2012_val_${String(i + 1).padStart(8, '0')}.JPEG`;
      listing.add(name, 'test', listing.labelOf(wnidOf.get(Number(line)) ?? line), name);
    });
    return { classes: sorted.map(({ words }) => words), rows: rowsOf(archives, listing) };
  },
};

/** The synsets that are classes: those with none below. */
function leaves(found: Map<string, MatValue>): { id: number; wnid: string; words: string }[] {
  const value = found.get('synsets');
  if (value?.is !== 'structs') return [];
  const number = (field: string, i: number) => {
    const each = value.fields.get(field)?.[i];
    return each?.is === 'numbers' ? (each.values[0] ?? -1) : -1;
  };
  const text = (field: string, i: number) => {
    const each = value.fields.get(field)?.[i];
    return each?.is === 'text' ? each.text : '';
  };
  return (value.fields.get('WNID') ?? [])
    .map((_, i) => ({
      id: number('ILSVRC2012_ID', i),
      wnid: text('WNID', i),
      words: text('words', i),
      children: number('num_children', i),
    }))
    .filter(({ children }) => children === 0);
}

async function* rowsOf(archives: Archives, listing: Listing): AsyncGenerator<DatasetRow> {
  const seen = new Set<string>();
  for await (const outer of archives.members(TRAIN)) {
    // Unpacked, each class is a folder.
    const [, folder, name] = /^train\/(n\d+)\/([^/]+)$/.exec(outer.path) ?? [];
    if (outer.type === 'file' && folder && name) {
      const row = { split: 'train', label: listing.labelOf(folder), path: `${folder}/${name}` } as const;
      yield { ...row, bytes: await contentOfMember(outer) };
    }
    const [, wnid] = /^(n\d+)\.tar$/.exec(outer.path) ?? [];
    if (outer.type !== 'file' || !wnid) continue;
    if (seen.has(wnid)) throw listing.invalid(`${TRAIN} has ${outer.path} twice`);
    seen.add(wnid);
    const label = listing.labelOf(wnid);
    const names = new Set<string>();
    for await (const member of archives.inside(outer, TRAIN)) {
      if (member.type !== 'file') continue;
      if (names.has(member.path)) throw listing.invalid(`${outer.path} has ${member.path} twice`);
      names.add(member.path);
      yield { split: 'train', label, path: `${wnid}/${member.path}`, bytes: await contentOfMember(member) };
    }
  }
  // Unpacked, they may lie in folders of their classes.
  const keyOf = (path: string) => basename(path);
  yield* labelledImages({ archives, files: [VALIDATION], images: listing.images, keyOf });
}
