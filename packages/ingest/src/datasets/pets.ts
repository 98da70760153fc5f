import type { ArchiveFile, Dataset } from '../dataset.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const IMAGES = 'images.tar.gz';
const ANNOTATIONS = 'annotations.tar.gz';
const SPLITS = { train: 'annotations/trainval.txt', test: 'annotations/test.txt' } as const;

const file = (name: string, md5: string): ArchiveFile => ({
  name,
  unpacked: name.replace('.tar.gz', ''),
  checksum: { algorithm: 'md5', hex: md5 },
  sources: [{ kind: 'web', url: `https://www.robots.ox.ac.uk/~vgg/data/pets/data/${name}` }],
});

/** Oxford-IIIT Pets: breeds of cats and dogs. Some files are GIF or PNG by content, all called .jpg. */
export const pets: Dataset = {
  name: 'pets',
  title: 'Oxford-IIIT Pets',
  metric: 'mean-per-class',
  classes: 37,
  shape: null,
  splits: { train: 3680, test: 3669 },
  files: [file(IMAGES, '5c4f3ee8e5d25df40f4fd59a7f44e54c'), file(ANNOTATIONS, '95a8c909bbe2e81eed6a22bccdf3f68f')],
  homepage: 'https://www.robots.ox.ac.uk/~vgg/data/pets/',
  licence: 'CC BY-SA 4.0',
  citation: 'Parkhi, Vedaldi, Zisserman, Jawahar. Cats and dogs. CVPR 2012',
  async read(archives) {
    const files = await archives.find(ANNOTATIONS, Object.values(SPLITS));
    const lists = (Object.entries(SPLITS) as [keyof typeof SPLITS, string][]).map(([split, list]) => {
      // `Abyssinian_100 1 1 1`: name, breed from 1 on, species, breed within it. Comments begin with #.
      const lines = linesOf(files.get(list)).filter((line) => !line.startsWith('#'));
      return [split, lines.map((line) => line.split(/\s+/) as [string, string])] as const;
    });
    const classes: string[] = [];
    for (const [name, breed] of lists[0]![1]) classes[Number(breed) - 1] = name.replace(/_\d+$/, '');
    const listing = new Listing('pets', classes);
    for (const [split, lines] of lists)
      for (const [name, breed] of lines) {
        const label = Number(breed) - 1;
        if (classes[label] !== name.replace(/_\d+$/, ''))
          throw listing.invalid(`${name} is of class ${breed}, which is ${classes[label] ?? 'none'}`);
        listing.add(`images/${name}.jpg`, split, label, `${name}.jpg`);
      }
    return { classes, rows: labelledImages({ archives, files: [IMAGES], images: listing.images }) };
  },
};
