import { basename } from 'node:path';
import { type DatasetRow, listImages, openSource, readWhole } from '@simclr/ingest';
import type { SplitName } from '@simclr/shards';
import { note } from './finding.ts';
import type { Subject } from './subject.ts';

/**
 * Images by class, in a folder or an archive of one. Without splits, all are for training.
 *
 * @param scratch folder for an archive's images, which the caller removes
 * @throws UserError where no classes are found
 */
export async function openOwn(path: string, scratch: string): Promise<Subject> {
  const { files, notes } = await openSource(path, scratch);
  const listed = listImages(path, files);
  const findings = [...notes, ...listed.notes].map((text) => note('read', text));
  async function* rows(): AsyncGenerator<DatasetRow> {
    const splits: [SplitName, typeof listed.files][] = [
      ['train', listed.files],
      ['test', listed.test ?? []],
    ];
    for (const [split, images] of splits)
      for (const { path, name, label } of images) {
        // What cannot be read is as undecodable as a file with nothing in it, and told with it.
        const bytes = await readWhole(path).then(
          (file) => file.bytes,
          () => new Uint8Array(),
        );
        yield { split, label, path: name, bytes };
      }
  }
  const { classes } = listed;
  return { name: basename(path), where: path, genuine: false, classes, shape: null, rows, findings };
}
