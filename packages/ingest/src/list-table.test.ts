import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listTable } from './list-table.ts';
import { tablePath } from './source-path.ts';
import sources from './sources.ts';
import { walkFolder } from './walk-folder.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'table-'));
  mkdirSync(join(dir, 'img'));
  for (const name of ['1.jpg', '2.jpg', '3, the last.jpg', 'other.jpg']) writeFileSync(join(dir, 'img', name), name);
});
afterEach(() => rmSync(dir, { recursive: true }));

function list(name: string, text: string) {
  writeFileSync(join(dir, name), text);
  const { classes, files, test, notes } = listTable(dir, walkFolder(dir), join(dir, name));
  const named = (part: typeof files | undefined) => part?.map((image) => [image.name, image.label]);
  return { classes, files: named(files), test: named(test), notes };
}

describe('a table of images', () => {
  const expected = [
    ['cat/img/1.jpg', 0],
    ['dog/img/2.jpg', 1],
    ['cat/img/3, the last.jpg', 0],
  ];
  it.each([
    ['a.csv', 'path,label\nimg/1.jpg,cat\nimg/2.jpg,dog\n"img/3, the last.jpg",cat\n'],
    ['b.csv', '\ufefffile_name;Class\r\nimg/1.jpg;cat\r\n./img/2.jpg;dog\r\nimg\\3, the last.jpg;cat\r\n'],
    ['c.tsv', 'id\tlabel\timage\n7\tcat\timg/1.jpg\n8\tdog\timg/2.jpg\n9\tcat\timg/3, the last.jpg\n'],
    [
      'd.jsonl',
      '{"path":"img/1.jpg","label":"cat"}\n\n{"path":"img/2.jpg","label":"dog"}\n{"path":"img/3, the last.jpg","label":"cat"}\n',
    ],
  ])('is read as CSV of any delimiter and as lines of JSON: %s', (name, text) => {
    const { classes, files, test, notes } = list(name, text);
    expect([classes, files, test]).toEqual([['cat', 'dog'], expected, undefined]);
    expect(notes).toEqual(['left out 1 image that the table does not name, for example img/other.jpg']);
  });

  it('may say the splits; validation goes where folders of it go', () => {
    const rows = (...splits: string[]) =>
      `path,label,split\n${splits.map((split, i) => `img/${i + 1}.jpg,10,${split}`).join('\n')}\nimg/other.jpg,9,train\n`;
    const { classes, files, test } = list('a.csv', rows('Train', 'test'));
    expect([classes, files, test]).toEqual([
      ['9', '10'],
      [
        ['10/img/1.jpg', 1],
        ['9/img/other.jpg', 0],
      ],
      [['10/img/2.jpg', 1]],
    ]);
    expect(list('a.csv', rows('val')).notes[0]).toBe('validation is taken as the test split');
    expect(list('a.csv', rows('val', 'test')).notes[0]).toBe('validation is joined to train (1 image)');
  });

  it.each([
    [
      'path,label\nimg/1.jpg,cat\nimg/9.jpg,dog\n',
      /^missing images: 1 of 2 in .*t\.csv are not images in .*, for example line 3: img\/9\.jpg\. correct the table$/,
    ],
    ['path,label\nimg/1.jpg,cat\n./img/1.jpg,dog\n', /^image named twice: .*, line 3: img\/1\.jpg\. keep one$/],
    ['path,label\n../img/1.jpg,cat\n', /^missing images: 1 of 1 /],
    ['path,label\nimg/1.jpg,\n', /^no label: .*, line 2 has path, label\. expected a column label or class or/],
    ['name,label\nimg/1.jpg,cat\n', /^no path: .*, line 2 has name, label\. expected a column path or/],
    [
      'path,label,split\nimg/1.jpg,cat,fold 1\n',
      /^unknown split: .*, line 2: "fold 1"\. expected train, validation or test$/,
    ],
    [
      'path,label,split\nimg/1.jpg,cat,train\nimg/2.jpg,cat,\n',
      /^no split: .*, line 3\. give one to all rows, or to none$/,
    ],
    ['path,label\n"img/1.jpg,cat\n', /^invalid table: .*t\.csv\. .*\. correct it$/],
    ['path,label\n', /^empty table: /],
  ])('says what is wrong with %j', (text, words) => {
    expect(() => list('t.csv', text)).toThrow(UserError);
    expect(() => list('t.csv', text)).toThrow(words);
  });

  it('says which line is no JSON, and where there is no table', () => {
    expect(() => list('t.jsonl', '{"path":"img/1.jpg","label":"a"}\n[1]\n')).toThrow(
      /^invalid table: .*, line 2 is no object/,
    );
    expect(() => listTable(dir, [], join(dir, 'none.csv'))).toThrow(/^missing table: .*none\.csv\. correct the config/);
  });

  it('is an input of the stage, in the folder or beside the archive', async () => {
    writeFileSync(join(dir, 'x.tar'), '');
    expect(tablePath(dir, 'a.csv')).toBe(join(dir, 'a.csv'));
    const archive = { name: 'x', folder: join(dir, 'x.tar'), table: 'a.csv' };
    const datasets = [archive, 'digits', null, { name: 'imagenet', trainList: '/lists/1percent.txt' }];
    expect(await sources({ datasets })).toEqual([archive.folder, join(dir, 'a.csv'), '/lists/1percent.txt']);
  });
});
