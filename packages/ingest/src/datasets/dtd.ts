import type { Dataset } from '../dataset.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const ARCHIVE = 'dtd-r1.0.1.tar.gz';
const SPLITS = { train: 'train1', validation: 'val1', test: 'test1' } as const;

/** Describable Textures, the first of its ten official splits. */
export const dtd: Dataset = {
  name: 'dtd',
  title: 'Describable Textures (split 1)',
  metric: 'top-1',
  classes: 47,
  shape: null,
  splits: { train: 1880, validation: 1880, test: 1880 },
  files: [
    {
      name: ARCHIVE,
      unpacked: 'dtd',
      checksum: { algorithm: 'md5', hex: 'fff73e5086ae6bdbea199a49dfb8a4c1' },
      sources: [{ kind: 'web', url: `https://www.robots.ox.ac.uk/~vgg/data/dtd/download/${ARCHIVE}` }],
    },
  ],
  homepage: 'https://www.robots.ox.ac.uk/~vgg/data/dtd/',
  licence: 'for research',
  citation: 'Cimpoi, Maji, Kokkinos, Mohamed, Vedaldi. Describing textures in the wild. CVPR 2014',
  async read(archives) {
    const listOf = (name: string) => `dtd/labels/${name}.txt`;
    const files = await archives.find(ARCHIVE, Object.values(SPLITS).map(listOf));
    const lists = (Object.entries(SPLITS) as [keyof typeof SPLITS, string][]).map(
      ([split, name]) => [split, linesOf(files.get(listOf(name)))] as const,
    );
    // Lines as `banded/banded_0002.jpg`: each class is in each list.
    const classes = [...new Set(lists.flatMap(([, lines]) => lines.map((line) => line.split('/')[0]!)))].sort();
    const listing = new Listing('dtd', classes);
    for (const [split, lines] of lists)
      for (const line of lines) listing.add(`dtd/images/${line}`, split, listing.labelOf(line.split('/')[0]!), line);
    return { classes, rows: labelledImages({ archives, files: [ARCHIVE], images: listing.images }) };
  },
};
