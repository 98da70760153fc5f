import type { SplitName } from '@simclr/shards';
import type { Archives } from '../archives.ts';
import type { ArchiveFile, Contents, Dataset } from '../dataset.ts';
import { type MatValue, readMat } from '../formats/mat5.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing } from '../listing.ts';

const DEVKIT = 'car_devkit.tgz';
const TEST_LABELS = 'cars_test_annos_withlabels.mat';
const META = 'devkit/cars_meta.mat';
const TRAIN_LABELS = 'devkit/cars_train_annos.mat';

/** All images and their labels in two files, as they were published later. */
const [ALL_IMAGES, ALL_LABELS] = ['car_ims.tgz', 'cars_annos.mat'];

const file = (name: string, md5: string, path: string): ArchiveFile => ({
  name,
  ...(name === TEST_LABELS ? {} : { unpacked: name.replace(/^car_|\.tgz$/g, '') }),
  checksum: { algorithm: 'md5', hex: md5 },
  sources: [{ kind: 'web', url: `https://ai.stanford.edu/~jkrause/${path}${name}` }],
  byHand: 'its host has taken it away: fetch it from whoever kept it',
});

/** Stanford Cars: make, model and year. Whole images, as in the paper, not their bounding boxes. */
export const cars: Dataset = {
  name: 'cars',
  title: 'Stanford Cars',
  metric: 'top-1',
  classes: 196,
  shape: null,
  splits: { train: 8144, test: 8041 },
  files: [
    file('cars_train.tgz', '065e5b463ae28d29e77c1b4b166cfe61', 'car196/'),
    file('cars_test.tgz', '4ce7ebf6a94d07f1952d94dd34c4d501', 'car196/'),
    file(DEVKIT, 'c3b158d763b6e2245038c8ad08e45376', 'cars/'),
    file(TEST_LABELS, 'b0a2b23655a3edd16d84508592a98d10', 'car196/'),
  ],
  otherFiles: [
    { name: ALL_IMAGES, sources: [], unpacked: 'car_ims' },
    { name: ALL_LABELS, sources: [] },
  ],
  homepage: 'https://ai.stanford.edu/~jkrause/cars/car_dataset.html',
  licence: 'for research, not for commerce',
  citation: 'Krause, Stark, Deng, Fei-Fei. 3D object representations for fine-grained categorization. 3dRR 2013',
  async read(archives) {
    if (archives.has(ALL_LABELS)) return readAll(archives);
    const devkit = await archives.find(DEVKIT, [META, TRAIN_LABELS]);
    const classes = classNames(readMat(devkit.get(META)!, META));
    const listing = new Listing('cars', classes);
    const add = (split: SplitName, labels: string, content: Buffer) => {
      const { fname = [], class: of } = annotations(readMat(content, labels));
      if (!of) throw listing.invalid(`${labels} has no classes`);
      fname.forEach((name, i) => {
        const path = `cars_${split}/${name.is === 'text' ? name.text : ''}`;
        // From 1 on.
        listing.add(path, split, numberOf(of[i]) - 1, path);
      });
    };
    add('train', TRAIN_LABELS, devkit.get(TRAIN_LABELS)!);
    add('test', TEST_LABELS, await archives.bytes(TEST_LABELS));
    const files = ['cars_train.tgz', 'cars_test.tgz'];
    return { classes, rows: labelledImages({ archives, files, images: listing.images }) };
  },
};

/** From the two files: `car_ims/000001.jpg`, each with its class and whether it is of the test. */
async function readAll(archives: Archives): Promise<Contents> {
  const found = readMat(await archives.bytes(ALL_LABELS), ALL_LABELS);
  const classes = classNames(found);
  const listing = new Listing('cars', classes);
  const { relative_im_path: paths = [], class: of = [], test = [] } = annotations(found);
  for (const [i, name] of paths.entries()) {
    const path = name.is === 'text' ? name.text : '';
    listing.add(path, numberOf(test[i]) === 1 ? 'test' : 'train', numberOf(of[i]) - 1, path);
  }
  return { classes, rows: labelledImages({ archives, files: [ALL_IMAGES], images: listing.images }) };
}

function classNames(found: Map<string, MatValue>): string[] {
  const names = found.get('class_names');
  return names?.is === 'cells' ? names.cells.map((cell) => (cell.is === 'text' ? cell.text : '')) : [];
}

const numberOf = (value: MatValue | undefined): number => (value?.is === 'numbers' ? (value.values[0] ?? 0) : 0);

/** Columns of the struct `annotations`. */
function annotations(found: Map<string, MatValue>): Record<string, MatValue[] | undefined> {
  const value = found.get('annotations');
  return value?.is === 'structs' ? Object.fromEntries(value.fields) : {};
}
