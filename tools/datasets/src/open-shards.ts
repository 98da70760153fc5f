import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readDatasetInfo } from '@simclr/artifacts';
import type { DatasetRow } from '@simclr/ingest';
import { pixelsOf, readBatches, readSplitInfo, type SplitName } from '@simclr/shards';
import { error } from './finding.ts';
import { publishedOf } from './official.ts';
import type { Subject } from './subject.ts';

const SPLITS: SplitName[] = ['train', 'validation', 'test'];
/** What a split's folder has beside its shards. */
const DESCRIBES = ['index.json', 'state.json', 'dataset_info.json'];

/** A folder that holds a dataset's shards. */
export const isShards = (folder: string): boolean => existsSync(join(folder, 'dataset.json'));

/** The rows of a dataset that `ingest` wrote. @throws UserError where its files cannot be read */
export function openShards(folder: string): Subject {
  const info = readDatasetInfo(folder);
  const splits = SPLITS.filter((split) => existsSync(join(folder, split, 'index.json')));
  const first = readSplitInfo(join(folder, splits[0] ?? 'train'));
  const findings: Subject['findings'] = [];
  const told = async function* (): AsyncGenerator<DatasetRow> {
    for (const split of splits) {
      yield* rowsOf(join(folder, split), split);
      await requireDigest(join(folder, split), split, info.splits[split]?.digest, findings);
    }
  };
  for (const split of splits) {
    const { classes } = readSplitInfo(join(folder, split));
    if (classes.join('\n') !== first.classes.join('\n'))
      findings.push(error('class names differ', `${split} of ${folder} has others than ${splits[0]}`));
  }
  const published = publishedOf(info.name);
  const { classes, shape } = first;
  // Genuine is what its digests say, which show when it is read.
  return { name: basename(folder), where: folder, published, genuine: false, classes, shape, rows: told, findings };
}

function* rowsOf(folder: string, split: SplitName): Generator<DatasetRow> {
  const info = readSplitInfo(folder);
  const size = info.shape ? pixelsOf(info.shape) : 0;
  for (const batch of readBatches(folder, info)) {
    const [image, label] = [batch.getChildAt(0)!, batch.getChildAt(1)!];
    const labelOf = (row: number) =>
      info.severalLabels ? Int8Array.from(label.get(row) as Iterable<number>) : Number(label.get(row));
    let values = image.data[0]!;
    while (info.shape && values.children[0]) values = values.children[0];
    for (let row = 0; row < batch.numRows; row++) {
      if (info.shape) {
        const pixels = (values.values as Uint8Array).subarray(row * size, (row + 1) * size);
        yield { split, label: labelOf(row), pixels };
        continue;
      }
      const { bytes, path } = image.get(row) as { bytes: Uint8Array; path: string };
      yield { split, label: labelOf(row), bytes, path };
    }
  }
}

/** The digest of a split is over the bytes of its shards. */
async function requireDigest(
  folder: string,
  split: SplitName,
  told: string | undefined,
  findings: Subject['findings'],
) {
  const { digest, shards } = readSplitInfo(folder);
  const hash = createHash('sha256');
  for (const { file } of shards)
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer);
  const found = hash.digest('hex').slice(0, 16);
  if (found !== digest || (told !== undefined && told !== digest))
    findings.push(
      error(
        'wrong digest',
        `${split} has ${found}. its index.json says ${digest}, dataset.json ${told ?? 'nothing'}. ingest it again`,
      ),
    );
  const known = new Set([...DESCRIBES, ...shards.map(({ file }) => file)]);
  const extra = readdirSync(folder).filter((name) => !known.has(name));
  if (extra.length > 0) findings.push(error('extra file', `${join(folder, extra[0]!)} is none that ingest writes`));
}
