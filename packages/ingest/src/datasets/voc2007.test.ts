import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Files, images, labelsOf, lines, readSplits } from '../testdata/archives.ts';
import { voc2007 } from './voc2007.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

describe('voc2007', () => {
  const object = (name: string, difficult?: number, inside = '') =>
    `<object><name>${name}</name><pose>Left</pose>${difficult === undefined ? '' : `<difficult>${difficult}</difficult>`}<bndbox><xmin>1</xmin></bndbox>${inside}</object>`;
  const annotation = (...objects: string[]) =>
    `<annotation>\n\t<folder>VOC2007</folder><owner><name>a person</name></owner>${objects.join('\n')}</annotation>`;
  const at = 'VOCdevkit/VOC2007';
  const put = (xml: string) =>
    files
      .pack('VOCtrainval_06-Nov-2007.tar', {
        [`${at}/Annotations/000005.xml`]: annotation(object('chair', 1), object('chair', 0), object('sofa', 1)),
        [`${at}/Annotations/000007.xml`]: annotation(object('car')),
        [`${at}/ImageSets/Main/train.txt`]: lines('000005'),
        [`${at}/ImageSets/Main/val.txt`]: lines('000007'),
        [`${at}/ImageSets/Segmentation/train.txt`]: lines('000099'),
        ...images(`${at}/JPEGImages/000005.jpg`, `${at}/JPEGImages/000007.jpg`),
      })
      .pack('VOCtest_06-Nov-2007.tar', {
        ...images(`${at}/JPEGImages/000001.jpg`),
        [`${at}/Annotations/000001.xml`]: xml,
        [`${at}/ImageSets/Main/test.txt`]: lines('000001'),
      });

  it('several classes an image; those that are there only as difficult are neither there nor not', async () => {
    // A person has parts with names of their own, a head and hands, which are no objects.
    put(annotation(object('person', 0, '<part><name>head</name></part>'), object('dog', 0), object('dog', 0)));
    const { classes, train, validation, test } = await readSplits(voc2007, files.open());
    const named = (rows: typeof train) =>
      rows.map(({ label }) =>
        Object.fromEntries([...(label as Int8Array)].flatMap((value, i) => (value < 0 ? [] : [[classes[i], value]]))),
      );
    expect(named(train)).toEqual([{ chair: 1, sofa: 0 }]);
    expect(named(validation)).toEqual([{ car: 1 }]);
    expect(named(test)).toEqual([{ person: 1, dog: 1 }]);
    expect(labelsOf(test)).toEqual({ '000001.jpg': test[0]!.label });
  });

  it.each([
    [
      'a class beyond the twenty',
      annotation(object('unicorn')),
      /^invalid annotation: 000001\.xml\. an object of class "unicorn"\. expected aeroplane,/,
    ],
    ['XML that is cut', annotation(object('dog')).slice(0, -8), /^invalid annotation: 000001\.xml\. line \d+: /],
    ['something else', '<html></html>', /^invalid annotation: 000001\.xml\. expected an element annotation\./],
  ])('refuses %s', async (_, xml, words) => {
    put(xml);
    await expect(readSplits(voc2007, files.open())).rejects.toThrow(words);
  });
});
