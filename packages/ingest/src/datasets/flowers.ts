import type { ArchiveFile, Dataset } from '../dataset.ts';
import { matNumbers, readMat } from '../formats/mat5.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing } from '../listing.ts';

const IMAGES = '102flowers.tgz';
const LABELS = 'imagelabels.mat';
const SPLITS_FILE = 'setid.mat';
/** Training is the small part: some papers have it the other way round. */
const SPLITS = { train: 'trnid', validation: 'valid', test: 'tstid' } as const;

const file = (name: string, md5: string): ArchiveFile => ({
  name,
  checksum: { algorithm: 'md5', hex: md5 },
  sources: [{ kind: 'web', url: `https://www.robots.ox.ac.uk/~vgg/data/flowers/102/${name}` }],
});

/** Oxford Flowers-102. The official files number the classes and do not name them. */
export const flowers: Dataset = {
  name: 'flowers',
  title: 'Oxford Flowers-102',
  metric: 'mean-per-class',
  classes: 102,
  shape: null,
  splits: { train: 1020, validation: 1020, test: 6149 },
  files: [
    { ...file(IMAGES, '52808999861908f626f3c1f4e79d11fa'), unpacked: 'jpg' },
    file(LABELS, 'e0620be6f572b9609742df49c70aed4d'),
    file(SPLITS_FILE, 'a5357ecc9cb78c4bef273ce3793fc85c'),
  ],
  homepage: 'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/',
  licence: 'unknown; images are of the web, for research',
  citation: 'Nilsback, Zisserman. Automated flower classification over a large number of classes. ICVGIP 2008',
  async read(archives) {
    const labels = matNumbers(readMat(await archives.bytes(LABELS), LABELS), 'labels', LABELS);
    const sets = readMat(await archives.bytes(SPLITS_FILE), SPLITS_FILE);
    const count = labels.reduce((most, label) => Math.max(most, label), 0);
    const classes = Array.from({ length: count }, (_, i) => String(i + 1));
    const listing = new Listing('flowers', classes);
    for (const [split, variable] of Object.entries(SPLITS) as [keyof typeof SPLITS, string][])
      for (const id of matNumbers(sets, variable, SPLITS_FILE)) {
        const name = `image_${String(id).padStart(5, '0')}.jpg`;
        // Images and classes are counted from 1 on.
        listing.add(`jpg/${name}`, split, (labels[id - 1] ?? 0) - 1, name);
      }
    return { classes, rows: labelledImages({ archives, files: [IMAGES], images: listing.images }) };
  },
};
