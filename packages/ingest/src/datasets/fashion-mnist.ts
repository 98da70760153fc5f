import { UserError } from '@simclr/stage';
import type { ArchiveDataset, ArchiveFile, Rows } from '../dataset.ts';
import { gunzip, type Idx, parseIdx } from './idx.ts';

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

function* pair(images: Idx, labels: Idx): Generator<{ pixels: Uint8Array; label: number }> {
  const size = images.data.length / images.shape[0]!;
  for (let i = 0; i < labels.data.length; i++)
    yield { pixels: images.data.subarray(i * size, (i + 1) * size), label: labels.data[i]! };
}

function split(images: Idx, labels: Idx): Rows {
  const [count, height, width] = images.shape;
  if (height !== 28 || width !== 28 || count !== labels.data.length) {
    throw new UserError(
      `invalid fashion-mnist: images [${images.shape}] with ${labels.data.length} labels. expected [n,28,28] with n`,
    );
  }
  const unknown = labels.data.find((label) => label >= CLASSES.length);
  if (unknown !== undefined) throw new UserError(`invalid fashion-mnist: label ${unknown}. expected 0..9`);
  return { count: count!, rows: pair(images, labels) };
}

/** Fashion-MNIST (Xiao et al. 2017): 60,000 and 10,000 grey images of 28×28, 10 classes. */
export const fashionMnist: ArchiveDataset = {
  name: 'fashion-mnist',
  known: { shape: [28, 28, 1], train: 60_000, test: 10_000, classes: CLASSES.length },
  files: [
    file('train-images-idx3-ubyte', '8d4fb7e6c68d591d4c3dfef9ec88bf0d', 1504176606),
    file('train-labels-idx1-ubyte', '25c81989df183df01b3e8a0aad5dffbe', 1504176606),
    file('t10k-images-idx3-ubyte', 'bef4ecab320f06d8554ea6380940ec79', 1504176627),
    file('t10k-labels-idx1-ubyte', 'bb300cfdad3c16e7a12a480ee83cd310', 1504176627),
  ],
  read(contents) {
    const [trainImages, trainLabels, testImages, testLabels] = contents.map((bytes, i) =>
      parseIdx(gunzip(bytes, this.files[i]!.name), this.files[i]!.name),
    );
    return {
      classes: CLASSES,
      shape: [28, 28, 1],
      train: split(trainImages!, trainLabels!),
      test: split(testImages!, testLabels!),
    };
  },
};
