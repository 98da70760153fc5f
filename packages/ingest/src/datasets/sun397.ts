import type { Dataset } from '../dataset.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const ARCHIVE = 'SUN397.tar.gz';
const PARTITIONS = 'Partitions.zip';
const BY_HAND = 'its hosts are gone since January 2026: fetch it from whoever kept it';

/**
 * SUN397, the first of its ten official splits: 50 images of each class to train on and 50 to test. Of its 108,754 images
 * the others are left out. Some files are BMP, PNG or GIF by content, all called .jpg, and one cannot be decoded at all.
 */
export const sun397: Dataset = {
  name: 'sun397',
  title: 'SUN397 (split 1)',
  metric: 'top-1',
  classes: 397,
  shape: null,
  splits: { train: 19_850, test: 19_850 },
  files: [
    {
      name: ARCHIVE,
      unpacked: 'SUN397',
      checksum: { algorithm: 'md5', hex: '8ca2778205c41d23104230ba66911c7a' },
      sources: [{ kind: 'web', url: 'http://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz' }],
      byHand: BY_HAND,
    },
    {
      name: PARTITIONS,
      checksum: {
        algorithm: 'sha256',
        hex: 'e3311ea5f812d4cc6faef194688343d1111f6cd6f70f2c62f393c2b8d6ba1ec9',
      },
      sources: [{ kind: 'web', url: 'https://vision.princeton.edu/projects/2010/SUN/download/Partitions.zip' }],
      byHand: BY_HAND,
    },
  ],
  homepage: 'https://vision.princeton.edu/projects/2010/SUN/',
  licence: 'unknown; for research',
  citation:
    'Xiao, Hays, Ehinger, Oliva, Torralba. SUN database: large-scale scene recognition from abbey to zoo. CVPR 2010',
  async read(archives) {
    const lists = await archives.find(PARTITIONS, ['ClassName.txt', 'Training_01.txt', 'Testing_01.txt']);
    // Lines as `/a/abbey` and `/a/abbey/sun_aaaulhwrhqgejnyt.jpg`.
    const classes = linesOf(lists.get('ClassName.txt'));
    const listing = new Listing('sun397', classes);
    for (const [split, list] of [['train', 'Training_01.txt'] as const, ['test', 'Testing_01.txt'] as const])
      for (const line of linesOf(lists.get(list))) {
        const label = listing.labelOf(line.slice(0, line.lastIndexOf('/')));
        listing.add(`SUN397${line}`, split, label, line.slice(1));
      }
    return {
      classes: classes.map((name) => name.replace(/^\/\w\//, '')),
      rows: labelledImages({ archives, files: [ARCHIVE], images: listing.images }),
    };
  },
};
