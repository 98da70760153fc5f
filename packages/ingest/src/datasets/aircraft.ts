import type { Dataset } from '../dataset.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const ARCHIVE = 'fgvc-aircraft-2013b.tar.gz';
const ROOT = 'fgvc-aircraft-2013b/data';
const SPLITS = { train: 'train', validation: 'val', test: 'test' } as const;

/** FGVC-Aircraft by variant. At the bottom of each image is a strip with its copyright, about 20 px high, left as it is. */
export const aircraft: Dataset = {
  name: 'aircraft',
  title: 'FGVC-Aircraft (variant)',
  metric: 'mean-per-class',
  classes: 100,
  shape: null,
  splits: { train: 3334, validation: 3333, test: 3333 },
  files: [
    {
      name: ARCHIVE,
      unpacked: 'fgvc-aircraft-2013b',
      checksum: {
        algorithm: 'sha256',
        hex: 'd5f68b1b81d6d7831eb9d5c5517074176b5dfbce6bcb43dc14ed1c66a87b8d75',
      },
      sources: [{ kind: 'web', url: `https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/archives/${ARCHIVE}` }],
    },
  ],
  homepage: 'https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/',
  licence: 'for research, not for commerce',
  citation: 'Maji, Kannala, Rahtu, Blaschko, Vedaldi. Fine-grained visual classification of aircraft. 2013',
  async read(archives) {
    const variants = `${ROOT}/variants.txt`;
    const lists = Object.values(SPLITS).map((name) => `${ROOT}/images_variant_${name}.txt`);
    const files = await archives.find(ARCHIVE, [variants, ...lists]);
    const classes = linesOf(files.get(variants));
    const listing = new Listing('aircraft', classes);
    for (const [split, name] of Object.entries(SPLITS) as [keyof typeof SPLITS, string][])
      for (const line of linesOf(files.get(`${ROOT}/images_variant_${name}.txt`))) {
        // `0034309 Boeing 707-320`
        const [id, ...variant] = line.split(' ');
        listing.add(`${ROOT}/images/${id}.jpg`, split, listing.labelOf(variant.join(' ')), `${id}.jpg`);
      }
    return { classes, rows: labelledImages({ archives, files: [ARCHIVE], images: listing.images }) };
  },
};
