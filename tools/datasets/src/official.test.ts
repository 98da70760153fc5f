import { join } from 'node:path';
import { type DatasetRow, SplitDigest } from '@simclr/ingest';
import type { SplitName } from '@simclr/shards';
import { describe, expect, it } from 'vitest';
import { readTrainList } from '../../../packages/ingest/src/known.ts';
import { hasLabels, LABELS, ofRealLabels } from '../../../packages/ingest/src/testdata/real-labels.ts';
import { judgeCounts } from './judge-counts.ts';
import { judgeLabels } from './judge-labels.ts';
import { notChecked } from './judge-splits.ts';
import { publishedOf, unknownOf } from './official.ts';

function digestOf(rows: Iterable<DatasetRow>): string {
  const digest = new SplitDigest();
  for (const row of rows) digest.add(row);
  return digest.digest();
}

describe.skipIf(!hasLabels)('the official lists (skipped where ../shared/data is not there)', () => {
  it.each(['food101', 'flowers', 'cars', 'sun397'] as const)('of %s are those of its label files', async (name) => {
    const { official } = publishedOf(name)!;
    const splits = await ofRealLabels[name]();
    const known = Object.entries(official.lists!) as [SplitName, string][];
    expect(known.map(([split]) => [split, digestOf(splits[split])])).toEqual(known);
    // SUN397's ClassName.txt is not there: its classes are those of the list.
    expect(splits.classes).toEqual(official.classes);
  });

  it('of ImageNet’s parts are those of its lists of names, in folders of the synsets', () => {
    const { official } = publishedOf('imagenet')!;
    const found = ['1', '10'].map((share) => {
      const names = [...readTrainList(join(LABELS, `imagenet/imagenet_subsets/${share}percent.txt`))];
      const folders = names.map((name) => name.split('_')[0]!);
      expect([...new Set(folders)].sort()).toEqual(official.folders);
      const bytes = new Uint8Array();
      const rows = names.map((name, i) => {
        const label = official.folders!.indexOf(folders[i]!);
        return { split: 'train' as const, label, path: `${folders[i]}/${name}`, bytes };
      });
      return [digestOf(rows), { split: 'train', name: `${share} %`, images: names.length }];
    });
    expect(Object.fromEntries(found)).toEqual(official.parts);
  });
});

describe('imagenet', () => {
  const published = publishedOf('imagenet')!;
  const { folders, parts } = published.official;
  const classes = folders!.map((_, i) => `class ${i}`);
  const subject = { name: 'imagenet', classes, published } as Parameters<typeof judgeLabels>[0];
  const examined = (shift: number) => {
    const rows = folders!.map((folder, i) => ({
      split: 'train',
      name: `train/${folder}/x.JPEG`,
      path: `${folder}/x.JPEG`,
      label: (i + shift) % 1000,
    }));
    const [[list]] = Object.entries(parts!) as [[string, object]];
    return { rows, lists: new Map([['train', list]]) } as unknown as Parameters<typeof judgeLabels>[1];
  };

  it('has labels by its synsets', () => {
    expect(judgeLabels(subject, examined(0))).toEqual([]);
    expect(judgeLabels(subject, examined(1)).map(({ thing, value }) => `${thing}: ${value}`)).toEqual([
      'wrong labels: 1000 of 1000 of imagenet are not what their paths say, each off by 1: train/n01440764/x.JPEG is labelled class 1, not n01440764',
    ]);
  });

  it('of which the official 1 % is known: its images are as many as it has', () => {
    const findings = judgeCounts(subject, examined(0)).filter(({ value }) => value.startsWith('imagenet/train'));
    expect(findings.map(({ severity, thing, value }) => `${severity}: ${thing}: ${value}`)).toEqual([
      'note: part of a split: imagenet/train is the official 1 %',
      'error: wrong number of images: imagenet/train has 1000. expected 12811',
    ]);
  });
});

it('what is not known of a dataset is said not to be checked', () => {
  const of = (name: string) => unknownOf(publishedOf(name)!);
  expect(of('birdsnap')).toEqual(['names of classes', 'images and labels of train, test by a list']);
  expect(of('sun397')).toEqual(['images and labels of test by a list']);
  expect(of('caltech101')).toEqual([]);
  const subject = { name: 'dtd', published: publishedOf('dtd')! } as Parameters<typeof notChecked>[0];
  expect(notChecked(subject)).toEqual([
    {
      severity: 'note',
      thing: 'not checked',
      value: 'dtd: images and labels of train, validation, test by a list: none is known here',
    },
  ]);
});
