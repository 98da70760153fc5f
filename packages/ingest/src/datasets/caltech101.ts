import type { Archives } from '../archives.ts';
import type { Dataset } from '../dataset.ts';
import { byCodePoint } from '../folder-tree.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing } from '../listing.ts';
import { takePerClass } from '../split.ts';

const ARCHIVE = 'caltech-101.zip';
const ROOT = '101_ObjectCategories';
const isNested = (path: string) => path.endsWith(`${ROOT}.tar.gz`);
/** In the published archive there is a stray file without extension, `BACKGROUND_Google/tmp`. */
const isImage = (path: string) => new RegExp(`^${ROOT}/[^/]+/image_\\d+\\.jpg$`).test(path);

/** The paper's protocol draws 30 images of each class to train on; which is not published, so here it is fixed. */
const TRAIN_PER_CLASS = 30;
const SPLIT_SEED = 101;

/**
 * Caltech-101: 101 classes of objects and one of clutter, `BACKGROUND_Google`, which counts as a class. Its archive holds
 * another, which is read within it. 411 of the images are grey.
 */
export const caltech101: Dataset = {
  name: 'caltech101',
  title: 'Caltech-101',
  metric: 'mean-per-class',
  classes: 102,
  shape: null,
  splits: { train: 3060, test: 6084 },
  files: [
    {
      name: ARCHIVE,
      unpacked: ROOT,
      checksum: {
        algorithm: 'sha256',
        hex: '331234750fc7f77520e50d9565e8b6907b03565e30320da1401130db08c61f91',
      },
      sources: [{ kind: 'web', url: `https://data.caltech.edu/records/mzrjq-6wc02/files/${ARCHIVE}` }],
    },
  ],
  homepage: 'https://data.caltech.edu/records/mzrjq-6wc02',
  licence: 'CC BY 4.0',
  citation:
    'Fei-Fei, Fergus, Perona. Learning generative visual models from few training examples. CVPR workshops 2004',
  async read(archives) {
    const paths = await imagesIn(archives);
    const classOf = (path: string) => path.split('/')[1]!;
    const classes = [...new Set(paths.map(classOf))].sort(byCodePoint);
    const listing = new Listing('caltech101', classes);
    const labels = paths.map((path) => listing.labelOf(classOf(path)));
    const train = takePerClass(labels, TRAIN_PER_CLASS, SPLIT_SEED);
    for (const [i, path] of paths.entries())
      listing.add(path, train.has(i) ? 'train' : 'test', labels[i]!, path.slice(ROOT.length + 1));
    const rows = labelledImages({ archives, files: [ARCHIVE], images: listing.images, nested: isNested });
    return {
      classes,
      rows,
      notes: [`${TRAIN_PER_CLASS} images of each class are drawn for training, always the same`],
    };
  },
};

/** Paths of all images, sorted: what is drawn does not hang on the order in which they were packed. */
async function imagesIn(archives: Archives): Promise<string[]> {
  const paths: string[] = [];
  for await (const member of archives.members(ARCHIVE)) {
    if (member.type !== 'file') continue;
    // Unpacked, the images lie there themselves.
    if (isImage(member.path)) paths.push(member.path);
    if (!isNested(member.path)) continue;
    for await (const { path, type } of archives.inside(member, ARCHIVE))
      if (type === 'file' && isImage(path)) paths.push(path);
  }
  return paths.sort(byCodePoint);
}
