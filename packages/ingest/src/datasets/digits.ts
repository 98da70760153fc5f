import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import type { Dataset } from '../dataset.ts';
import { stratifiedSplit } from '../split.ts';

const ROWS = 1797;
const TEST_ROWS = 500;
/** Fixed: the split is part of what the dataset is. */
const SPLIT_SEED = 1797;

/** Lines of 64 values 0..16 and a digit, separated by commas. */
function parse(text: string): { pixels: Uint8Array; label: number }[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length !== ROWS) throw new UserError(`invalid digits file: ${lines.length} rows. expected ${ROWS}`);
  return lines.map((line, i) => {
    const values = line
      .trim()
      .split(',')
      .map((value) => (/^\d+$/.test(value) ? Number(value) : Number.NaN));
    const label = values.pop()!;
    if (values.length !== 64 || !values.every((value) => value <= 16) || !(label <= 9)) {
      throw new UserError(`invalid digits file: row ${i + 1}. expected 64 values 0..16 and a digit`);
    }
    return { pixels: Uint8Array.from(values, (value) => Math.round((value * 255) / 16)), label };
  });
}

/**
 * Optical recognition of handwritten digits (Alpaydin and Kaynak 1998, UCI): the 1,797 images of optdigits.tes that
 * scikit-learn also ships, 8×8 grey, 0..16 stretched to 0..255. It has no published split of its own: 1,297 train and 500
 * test, stratified.
 */
export const digits: Dataset = {
  name: 'digits',
  title: 'Optical recognition of handwritten digits',
  metric: 'top-1',
  classes: 10,
  shape: [8, 8, 1],
  splits: { train: ROWS - TEST_ROWS, test: TEST_ROWS },
  homepage: 'https://archive.ics.uci.edu/dataset/80',
  licence: 'CC BY 4.0',
  citation: 'Alpaydin, Kaynak. Cascading classifiers. Kybernetika 1998',
  files: [
    {
      name: 'optdigits.tes',
      checksum: { algorithm: 'sha256', hex: '6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8' },
      sources: [
        { kind: 'web', url: 'https://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/optdigits.tes' },
        { kind: 'wheel', requirement: 'scikit-learn==1.7.2', path: 'sklearn/datasets/data/digits.csv.gz' },
      ],
    },
  ],
  async read(archives) {
    const rows = parse((await archives.bytes('optdigits.tes')).toString('latin1'));
    const { train, test } = stratifiedSplit(
      rows.map((row) => row.label),
      TEST_ROWS,
      SPLIT_SEED,
    );
    const part = (split: SplitName, indices: number[]) => indices.map((i) => ({ split, ...rows[i]! }));
    return { classes: Array.from('0123456789'), rows: [...part('train', train), ...part('test', test)] };
  },
};
