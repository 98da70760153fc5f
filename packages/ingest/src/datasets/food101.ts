import type { Dataset } from '../dataset.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const ARCHIVE = 'food-101.tar.gz';
const ROOT = 'food-101';

/** Food-101: photographs of dishes, at most 512 px a side. The images for training were left uncleaned on purpose. */
export const food101: Dataset = {
  name: 'food101',
  title: 'Food-101',
  metric: 'top-1',
  classes: 101,
  shape: null,
  splits: { train: 75_750, test: 25_250 },
  files: [
    {
      name: ARCHIVE,
      unpacked: ROOT,
      checksum: { algorithm: 'md5', hex: '85eeb15f3717b99a5da872d97d918f87' },
      sources: [{ kind: 'web', url: 'http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz' }],
    },
  ],
  homepage: 'https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/',
  licence: 'unknown; images are of Foodspotting, for research',
  citation: 'Bossard, Guillaumin, Van Gool. Food-101: mining discriminative components with random forests. ECCV 2014',
  async read(archives) {
    const [classes, train, test] = ['classes', 'train', 'test'].map((name) => `${ROOT}/meta/${name}.txt`);
    const files = await archives.find(ARCHIVE, [classes!, train!, test!]);
    const names = linesOf(files.get(classes!));
    const listing = new Listing('food101', names);
    for (const [split, list] of [['train', train!] as const, ['test', test!] as const])
      for (const line of linesOf(files.get(list)))
        listing.add(`${ROOT}/images/${line}.jpg`, split, listing.labelOf(line.split('/')[0]!), `${line}.jpg`);
    return { classes: names, rows: labelledImages({ archives, files: [ARCHIVE], images: listing.images }) };
  },
};
