import type { Dataset, MissingImage } from '../dataset.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const LABELS = 'birdsnap.tgz';
const IMAGES = 'birdsnap-images.tar';

/** A table of fields between tabs, by the names in its first line. */
function table(text: Buffer | undefined): Record<string, string>[] {
  const [head, ...rows] = linesOf(text).map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries((head ?? []).map((name, i) => [name, row[i] ?? ''])));
}

/**
 * Birdsnap. Its authors publish addresses of images, of which many are dead by now: what is not there is listed, and the
 * result is of what is left. Classes keep their numbers, also those of which no image is left.
 */
export const birdsnap: Dataset = {
  name: 'birdsnap',
  title: 'Birdsnap',
  metric: 'top-1',
  classes: 500,
  shape: null,
  splits: { train: 47_386, test: 2443 },
  files: [
    {
      name: LABELS,
      unpacked: 'birdsnap',
      checksum: { algorithm: 'md5', hex: '1788158175f6ae794aebf27bcd7a3f5d' },
      sources: [{ kind: 'web', url: 'http://thomasberg.org/datasets/birdsnap/1.1/birdsnap.tgz' }],
    },
    {
      name: IMAGES,
      unpacked: 'images',
      sources: [],
      byHand:
        'fetch the images with get_birdsnap.py of birdsnap.tgz, then tar -cf birdsnap-images.tar -C download images (any compression will do)',
    },
  ],
  homepage: 'http://thomasberg.org/',
  licence: 'for research; images are of Flickr',
  citation:
    'Berg, Liu, Lee, Alexander, Jacobs, Belhumeur. Birdsnap: large-scale fine-grained visual categorization of birds. CVPR 2014',
  async read(archives) {
    const [species, images, test] = ['species', 'images', 'test_images'].map((name) => `birdsnap/${name}.txt`);
    const files = await archives.find(LABELS, [species!, images!, test!]);
    const classes = table(files.get(species!)).map(({ common }) => common!);
    const tested = new Set(table(files.get(test!)).map(({ path }) => path!));
    const listing = new Listing('birdsnap', classes);
    for (const { path, species_id } of table(files.get(images!)))
      listing.add(path!, tested.has(path!) ? 'test' : 'train', Number(species_id) - 1, path!);
    const missing: MissingImage[] = [];
    // `Acadian_Flycatcher/118474.jpg`, below whatever folder it was packed from.
    const keyOf = (path: string) => path.split('/').slice(-2).join('/');
    const rows = labelledImages({ archives, files: [IMAGES], images: listing.images, missing, keyOf });
    return { classes, rows, missing };
  },
};
