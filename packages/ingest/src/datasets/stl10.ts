import { UserError } from '@simclr/stage';
import { ByteReader } from '../archive/byte-reader.ts';
import type { Archives } from '../archives.ts';
import type { Dataset, DatasetRow } from '../dataset.ts';
import { linesOf } from '../listing.ts';

const ARCHIVE = 'stl10_binary.tar.gz';
const ROOT = 'stl10_binary';
const SIDE = 96;
const PLANE = SIDE * SIDE;

/** STL-10: colour images of 96×96. Its 100,000 images without labels are left out. */
export const stl10: Dataset = {
  name: 'stl10',
  title: 'STL-10',
  metric: 'top-1',
  classes: 10,
  shape: [SIDE, SIDE, 3],
  splits: { train: 5000, test: 8000 },
  files: [
    {
      name: ARCHIVE,
      unpacked: ROOT,
      checksum: { algorithm: 'md5', hex: '91f7769df0f17e558f3565bffb0c7dfb' },
      sources: [{ kind: 'web', url: `http://ai.stanford.edu/~acoates/stl10/${ARCHIVE}` }],
    },
  ],
  homepage: 'https://cs.stanford.edu/~acoates/stl10/',
  licence: 'unknown; images are of ImageNet',
  citation: 'Coates, Lee, Ng. An analysis of single-layer networks in unsupervised feature learning. AISTATS 2011',
  async read(archives) {
    const names = `${ROOT}/class_names.txt`;
    const labels = { train: `${ROOT}/train_y.bin`, test: `${ROOT}/test_y.bin` };
    const files = await archives.find(ARCHIVE, [names, labels.train, labels.test]);
    const classes = linesOf(files.get(names));
    const ofSplit = { train: files.get(labels.train)!, test: files.get(labels.test)! };
    return {
      classes,
      rows: rowsOf(archives, ofSplit, classes.length),
      notes: ['its images without labels are left out'],
    };
  },
};

async function* rowsOf(
  archives: Archives,
  labels: { train: Buffer; test: Buffer },
  classes: number,
): AsyncGenerator<DatasetRow> {
  const due = new Set<string>(['train', 'test']);
  for await (const { path, size, content } of archives.members(ARCHIVE)) {
    const split = (['train', 'test'] as const).find((name) => path === `${ROOT}/${name}_X.bin`);
    if (!split || !due.delete(split)) continue;
    const invalid = (why: string) => new UserError(`invalid stl10: ${path} ${why}. fetch its archive again`);
    if (size !== labels[split].length * 3 * PLANE)
      throw invalid(`has ${size} bytes. expected ${labels[split].length} images of ${3 * PLANE} bytes`);
    const reader = new ByteReader(content());
    for (const [i, label] of labels[split].entries()) {
      // From 1 on.
      if (label < 1 || label > classes) throw invalid(`has label ${label} of image ${i}. expected 1..${classes}`);
      yield { split, pixels: upright(await reader.take(3 * PLANE)), label: label - 1 };
    }
    if (due.size === 0) return;
  }
  throw new UserError(`invalid stl10: ${ARCHIVE} has no ${[...due][0]}_X.bin. fetch it again`);
}

/** [3, w, h], a column after the other, → [h, w, 3]. */
function upright(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(3 * PLANE);
  for (let channel = 0; channel < 3; channel++)
    for (let x = 0; x < SIDE; x++)
      for (let y = 0; y < SIDE; y++) pixels[3 * (y * SIDE + x) + channel] = planes[channel * PLANE + x * SIDE + y]!;
  return pixels;
}
