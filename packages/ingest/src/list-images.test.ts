import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCodePoint } from './folder-tree.ts';
import type { FileKind, FoundFile } from './found-file.ts';
import { listImages } from './list-images.ts';

const file = (path: string, kind: FileKind = { is: 'image' }): FoundFile => ({ path, file: `/disk/${path}`, kind });
const other = (path: string) => file(path, { is: 'other' });
/** Two images of each class below a path. */
const pets = (before = '', classes = ['cat', 'dog']) =>
  classes.flatMap((name) => [1, 2].map((i) => file(`${before}${name}/${i}.png`)));
const list = (...found: FoundFile[]) => listImages('/data/pets', found);
const names = (files: { name: string }[] | undefined) => files?.map(({ name }) => name);

describe('listImages', () => {
  it.each(['', 'pets/', 'data/v1/pets/'])('finds the classes below %j, with other files beside', (before) => {
    const { classes, files, notes } = list(...pets(before), other('README.txt'), other(`${before}labels.csv`));
    expect(classes).toEqual(['cat', 'dog']);
    expect(names(files)).toEqual(['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png']);
    expect(files[2]).toMatchObject({
      path: `/disk/${before}dog/1.png`,
      shown: `/data/pets/${before}dog/1.png`,
      label: 1,
    });
    expect(notes.at(-1)).toMatch(/^left out 2 files that are no images \(\.csv 1, \.txt 1\), for example README\.txt$/);
    expect(notes).toHaveLength(before ? 2 : 1);
  });

  it('reads deeper folders of a class, and says so', () => {
    const { files, notes } = list(...pets(), file('cat/more/3.png'));
    expect(names(files)).toContain('cat/more/3.png');
    expect(notes).toEqual(['1 image is in deeper folders of a class, for example cat/more/3.png']);
  });

  it.each([
    ['train', 'test', undefined],
    ['Training', 'TEST', undefined],
    ['train', 'val', 'val is taken as the test split'],
    ['train', 'validation', 'validation is taken as the test split'],
  ])('takes %s and %s as splits', (train, test, note) => {
    const { files, test: tested, notes } = list(...pets(`${train}/`), ...pets(`${test}/`));
    expect(files[0]!.shown).toBe(`/data/pets/${train}/cat/1.png`);
    expect(tested?.[0]?.shown).toBe(`/data/pets/${test}/cat/1.png`);
    expect(notes).toEqual(note ? [note] : []);
  });

  it('joins val to train beside a test', () => {
    const { files, test, notes } = list(...['train/', 'val/', 'test/'].flatMap((split) => pets(split)));
    expect([files.length, test?.length]).toEqual([8, 4]);
    expect(notes).toEqual(['val is joined to train (4 images)']);
  });

  it('takes a name written apart and composed as the same class', () => {
    const [apart, composed] = ['cafe\u0301', 'caf\u00e9'];
    const { classes, test } = list(...pets('train/', [composed, 'x']), ...pets('test/', [apart, 'x']));
    expect(classes).toEqual([composed, 'x']);
    expect(test).toHaveLength(4);
  });

  it('orders classes by their code points', () => {
    expect(list(...pets('', ['\u{1f431}', '\uff21', 'a', 'B'])).classes).toEqual(['B', 'a', '\uff21', '\u{1f431}']);
    const text = fc.string({ unit: 'binary' });
    const bytes = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    fc.assert(fc.property(text, text, (a, b) => Math.sign(byCodePoint(a, b)) === bytes(a, b)));
  });

  it('tells what it leaves out, a line for each reason', () => {
    const pipe = file('cat/pipe', { is: 'odd', what: 'a fifo' });
    expect(list(...pets(), other('docs/a.xml'), file('top.png'), pipe).notes).toEqual([
      'left out 1 file that is no image (.xml 1), for example docs/a.xml',
      'left out 1 image that is not in a folder of a class, for example top.png',
      'left out 1 entry (a fifo), for example cat/pipe',
    ]);
  });

  it.each<[string, FoundFile[], RegExp]>([
    ['nothing', [], /^no images: \/data\/pets has nothing in it\. expected \/data\/pets\/<class>/],
    ['other files', [other('a/b.txt')], /^no images: .* has 1 file that is no image \(\.txt 1\)/],
    ['an archive', [other('x/images.tar.gz')], /^no images: .* holds an archive, x\/images\.tar\.gz\. unpack it/],
    ['no folders', [file('1.png'), file('2.png')], /^no class folders: \/data\/pets has 2 images and no folders/],
    ['flat splits', [file('train/1.png'), file('test/1.png')], /^no class folders: \/data\/pets\/train has 1 image/],
    ['no train', [...pets('val/'), ...pets('test/')], /^no train: \/data\/pets has val and test/],
    [
      'two trains',
      [...pets('train/'), ...pets('Train/'), ...pets('test/')],
      /^two folders for one split: .*train and Train/,
    ],
    [
      'other classes',
      [...pets('train/'), ...pets('test/', ['cat', 'emu'])],
      /^classes differ: dog is in \/data\/pets\/train and not in \/data\/pets\/test\. give both the same$/,
    ],
    [
      'an empty class',
      [...pets(), file('emu', { is: 'empty' })],
      /^no images: \/data\/pets\/emu\..* remove the folder/,
    ],
    [
      'formats that are not read',
      [...pets(), file('cat/a.heic', { is: 'foreign', format: 'HEIC' })],
      /^unread format: 1 of the images in \/data\/pets are HEIC, for example cat\/a\.heic\. convert/,
    ],
  ])('refuses %s', (_, found, words) => {
    expect(() => list(...found)).toThrow(UserError);
    expect(() => list(...found)).toThrow(words);
  });
});
