import type { SplitName } from '@simclr/shards';
import type { ArchiveFile, Dataset } from '../dataset.ts';
import { vocLabel } from '../formats/voc-xml.ts';
import { labelledImages } from '../labelled-images.ts';
import { Listing, linesOf } from '../listing.ts';

const ROOT = 'VOCdevkit/VOC2007';
const TRAINVAL = 'VOCtrainval_06-Nov-2007.tar';
const TEST = 'VOCtest_06-Nov-2007.tar';
/** In the order of the devkit, which is the alphabet's. */
const CLASSES =
  'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  );
const LISTS: [SplitName, string, string][] = [
  ['train', TRAINVAL, 'train'],
  ['validation', TRAINVAL, 'val'],
  ['test', TEST, 'test'],
];

const file = (name: string, md5: string): ArchiveFile => ({
  name,
  unpacked: 'VOCdevkit',
  checksum: { algorithm: 'md5', hex: md5 },
  sources: [
    { kind: 'web', url: `http://host.robots.ox.ac.uk/pascal/VOC/voc2007/${name}` },
    { kind: 'web', url: `http://pjreddie.com/media/files/${name}` },
  ],
});

/**
 * PASCAL VOC 2007, classification: an image may be of several classes. An object that is marked difficult makes the image
 * neither right nor wrong for its class, as in the devkit's evaluation, unless one that is not difficult is there too.
 */
export const voc2007: Dataset = {
  name: 'voc2007',
  title: 'PASCAL VOC 2007',
  metric: '11-point-map',
  classes: CLASSES.length,
  severalLabels: true,
  shape: null,
  splits: { train: 2501, validation: 2510, test: 4952 },
  files: [file(TRAINVAL, 'c52e279531787c972589f7e41ab4ae64'), file(TEST, 'b6e924de25625d8de591ea690078ad9f')],
  homepage: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2007/',
  licence: 'terms of Flickr',
  citation: 'Everingham, Van Gool, Williams, Winn, Zisserman. The PASCAL visual object classes challenge 2007',
  async read(archives) {
    const listing = new Listing('voc2007', CLASSES);
    const isLabel = new RegExp(`^${ROOT}/(Annotations/[^/]+\\.xml|ImageSets/Main/(train|val|test)\\.txt)$`);
    for (const archive of [TRAINVAL, TEST]) {
      const files = await archives.filter(archive, (path) => isLabel.test(path));
      for (const [split, , name] of LISTS.filter(([, of]) => of === archive)) {
        const list = files.get(`${ROOT}/ImageSets/Main/${name}.txt`);
        if (!list) throw listing.invalid(`${archive} has no ImageSets/Main/${name}.txt`);
        for (const id of linesOf(list)) {
          const xml = files.get(`${ROOT}/Annotations/${id}.xml`);
          if (!xml) throw listing.invalid(`${archive} has no Annotations/${id}.xml`);
          listing.add(`${ROOT}/JPEGImages/${id}.jpg`, split, vocLabel(xml, CLASSES, id), `${id}.jpg`);
        }
      }
    }
    return { classes: CLASSES, rows: labelledImages({ archives, files: [TRAINVAL, TEST], images: listing.images }) };
  },
};
