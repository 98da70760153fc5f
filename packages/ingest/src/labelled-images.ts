import type { Label, SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import type { Member } from './archive/member.ts';
import { type Archives, contentOfMember } from './archives.ts';
import type { DatasetRow, MissingImage } from './dataset.ts';

/** What label files say of an image. */
export interface Labelled {
  split: SplitName;
  label: Label;
  /** Path of the image in the dataset. */
  path: string;
}

export interface LabelledOptions {
  archives: Archives;
  /** Archives that hold the images, in the order in which they are read. */
  files: readonly string[];
  /** By the path of the image in its archive. */
  images: ReadonlyMap<string, Labelled>;
  /** Names archives within an archive. */
  nested?: (path: string) => boolean;
  /** Given: images that are not there are listed in it, instead of being an error. */
  missing?: MissingImage[];
  /** What an image is looked up by, if not by its path. */
  keyOf?: (path: string) => string;
}

/** Bytes of the largest image of a published dataset; several are held at a time. */
const LARGEST_IMAGE = 2 ** 26;

/**
 * The images that label files name, as they come in the archives: nothing is unpacked to disk, and of each archive a chunk is
 * in memory. What they do not name is passed over.
 *
 * @throws UserError where an image comes twice, is a link, or is not there
 */
export async function* labelledImages(options: LabelledOptions): AsyncGenerator<DatasetRow> {
  const { archives, files, images, nested = () => false, missing, keyOf = (path: string) => path } = options;
  const seen = new Set<string>();
  async function* ofMembers(members: AsyncGenerator<Member>, file: string): AsyncGenerator<DatasetRow> {
    for await (const member of members) {
      if (member.type === 'file' && nested(member.path)) {
        yield* ofMembers(archives.inside(member, file), file);
        continue;
      }
      const key = keyOf(member.path);
      const image = images.get(key);
      if (!image) continue;
      if (member.type !== 'file')
        throw new UserError(`not a file: ${member.path} in ${file} is a ${member.type}. fetch it again`);
      if (seen.has(key)) throw new UserError(`ambiguous archive: ${file} has ${member.path} twice. fetch it again`);
      seen.add(key);
      const { split, label, path } = image;
      yield { split, label, path, bytes: await contentOfMember(member, LARGEST_IMAGE) };
    }
  }
  for (const file of archives.distinct(files)) yield* ofMembers(archives.members(file), file);
  const absent = [...images].filter(([key]) => !seen.has(key)).map(([, image]) => image);
  if (missing) missing.push(...absent.map(({ path }) => ({ path, reason: 'not there' })));
  else if (absent.length > 0)
    throw new UserError(
      `incomplete archive: ${absent.length} of ${images.size} images are not in ${files.join(' or ')}, for example ${absent[0]!.path}. fetch it again`,
    );
}
