import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import type { ArchiveFile, Dataset, DatasetRow } from '../dataset.ts';
import { gunzip, type Idx, parseIdx } from '../formats/idx.ts';

const CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** @param mtime seconds, in the header of the published file; Debian's copy with it has the published checksum */
function file(name: string, md5: string, mtime: number): ArchiveFile {
  return {
    name: `${name}.gz`,
    checksum: { algorithm: 'md5', hex: md5 },
    sources: [
      { kind: 'web', url: `http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/${name}.gz` },
      {
        kind: 'debian',
        package: 'dataset-fashion-mnist',
        path: `usr/share/datasets/fashion-mnist/${name}.gz`,
        gzipHeader: { name, mtime },
      },
    ],
  };
}

/** The rows of a split. @throws UserError where images and labels do not go together */
function split(name: SplitName, images: Idx, labels: Idx): DatasetRow[] {
  const [count, height, width] = images.shape;
  if (height !== 28 || width !== 28 || count !== labels.data.length) {
    throw new UserError(
      `invalid fashion-mnist: images [${images.shape}] with ${labels.data.length} labels. expected [n,28,28] with n`,
    );
  }
  const unknown = labels.data.find((label) => label >= CLASSES.length);
  if (unknown !== undefined) throw new UserError(`invalid fashion-mnist: label ${unknown}. expected 0..9`);
  const size = height * width;
  return Array.from(labels.data, (label, i) => ({
    split: name,
    pixels: images.data.subarray(i * size, (i + 1) * size),
    label,
  }));
}

/** Fashion-MNIST: 60,000 and 10,000 grey images of 28×28, 10 classes. */
export const fashionMnist: Dataset = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  metric: 'top-1',
  classes: CLASSES.length,
  shape: [28, 28, 1],
  splits: { train: 60_000, test: 10_000 },
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
  licence: 'MIT',
  citation:
    'Xiao, Rasul, Vollgraf. Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms. 2017',
  files: [
    file('train-images-idx3-ubyte', '8d4fb7e6c68d591d4c3dfef9ec88bf0d', 1504176606),
    file('train-labels-idx1-ubyte', '25c81989df183df01b3e8a0aad5dffbe', 1504176606),
    file('t10k-images-idx3-ubyte', 'bef4ecab320f06d8554ea6380940ec79', 1504176627),
    file('t10k-labels-idx1-ubyte', 'bb300cfdad3c16e7a12a480ee83cd310', 1504176627),
  ],
  async read(archives) {
    const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
      this.files.map(async ({ name }) => parseIdx(await gunzip(await archives.bytes(name), name), name)),
    );
    const rows = [...split('train', trainImages!, trainLabels!), ...split('test', testImages!, testLabels!)];
    return { classes: CLASSES, rows };
  },
};
