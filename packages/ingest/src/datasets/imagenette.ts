import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { type Archives, contentOfMember } from '../archives.ts';
import type { Dataset, DatasetRow } from '../dataset.ts';

const ARCHIVE = 'imagenette2.tgz';
/** Synsets of ImageNet, and how they are called. */
const CLASSES = {
  n01440764: 'tench',
  n02102040: 'English springer',
  n02979186: 'cassette player',
  n03000684: 'chain saw',
  n03028079: 'church',
  n03394916: 'French horn',
  n03417042: 'garbage truck',
  n03425413: 'gas pump',
  n03445777: 'golf ball',
  n03888257: 'parachute',
};
const SYNSETS = Object.keys(CLASSES);
/** Its authors' `val` is what is tested on. */
const SPLITS: Record<string, SplitName> = { train: 'train', val: 'test' };

/** Imagenette, version 2, in full size: ten classes of ImageNet that are easy to tell apart. */
export const imagenette: Dataset = {
  name: 'imagenette',
  title: 'Imagenette',
  metric: 'top-1',
  classes: SYNSETS.length,
  shape: null,
  splits: { train: 9469, test: 3925 },
  files: [
    {
      name: ARCHIVE,
      unpacked: 'imagenette2',
      checksum: { algorithm: 'md5', hex: 'fe2fc210e6bb7c5664d602c3cd71e612' },
      sources: [{ kind: 'web', url: `https://s3.amazonaws.com/fast-ai-imageclas/${ARCHIVE}` }],
    },
  ],
  homepage: 'https://github.com/fastai/imagenette',
  licence: 'Apache-2.0; images are of ImageNet',
  citation: 'Howard. Imagenette. fast.ai 2019',
  read: async (archives) => ({ classes: Object.values(CLASSES), rows: rowsOf(archives) }),
};

/** The folders are the labels: `imagenette2/val/n01440764/ILSVRC2012_val_00000293.JPEG`. */
async function* rowsOf(archives: Archives): AsyncGenerator<DatasetRow> {
  const seen = new Set<string>();
  for await (const member of archives.members(ARCHIVE)) {
    const [, folder, synset, name] = /^imagenette2\/(train|val)\/([^/]+)\/([^/]+\.JPEG)$/.exec(member.path) ?? [];
    if (member.type !== 'file' || !folder || !synset || !name) continue;
    if (seen.has(member.path)) throw new UserError(`ambiguous archive: ${ARCHIVE} has ${member.path} twice`);
    seen.add(member.path);
    const label = SYNSETS.indexOf(synset);
    if (label < 0)
      throw new UserError(`invalid imagenette: ${member.path} is of none of the classes ${SYNSETS.join(', ')}`);
    yield { split: SPLITS[folder]!, label, path: `${synset}/${name}`, bytes: await contentOfMember(member) };
  }
}
