import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cars } from './datasets/cars.ts';
import { readMat } from './formats/mat5.ts';
import { readTable } from './formats/table.ts';
import { vocLabel } from './formats/voc-xml.ts';
import { Files, readSplits } from './testdata/archives.ts';
import { damage, damaged, runs } from './testdata/damage.ts';
import { matFile } from './testdata/mat.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

describe('label files that are damaged', () => {
  const annotations = matFile({
    annotations: {
      structs: { class: [1, 2].map((n) => ({ bytes: [n] })), fname: ['1.jpg', '2.jpg'].map((text) => ({ text })) },
    },
    names: { cells: [{ text: 'a' }, { doubles: [1, 2.5] }] },
  });
  it.each([
    ['compressed', annotations],
    ['plain', matFile({ labels: { doubles: [1, 2, 3] }, names: { cells: [{ text: 'a' }] } }, { compressed: false })],
  ])('MAT: an error in words, or values: %s', (_, whole) => {
    fc.assert(
      fc.property(damage, (how) => {
        try {
          expect(readMat(damaged(whole, how), 'x.mat')).toBeInstanceOf(Map);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message).toMatch(/^invalid MAT file: x\.mat\. .+\. fetch it again$/);
        }
      }),
      runs(600),
    );
  });

  it('MAT: what unpacks to more than is read, or says that it has more values than bytes, is refused', () => {
    const data = deflateSync(Buffer.alloc(80e6));
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(data.length, 4);
    const header = annotations.subarray(0, 128);
    expect(() => readMat(Buffer.concat([header, tag, data]), 'x.mat')).toThrow(/^invalid MAT file: x\.mat\. .*larger/);
    const many = matFile({ x: { cells: [{ text: 'abcde' }] } }, { compressed: false });
    // Its second dimension.
    many.writeInt32LE(0x7fffffff, many.indexOf(Buffer.of(5, 0, 0, 0, 8, 0, 0, 0)) + 12);
    expect(() => readMat(many, 'x.mat')).toThrow(/^invalid MAT file: x\.mat\. 2147483647 values/);
  });

  it('cars: lists of different lengths', async () => {
    const classes = matFile({ class_names: { cells: [{ text: 'a' }] } });
    const broken = matFile({ annotations: { structs: { fname: [{ text: '1.jpg' }] } } });
    files
      .pack('car_devkit.tgz', { 'devkit/cars_meta.mat': classes, 'devkit/cars_train_annos.mat': broken })
      .put('cars_test_annos_withlabels.mat', broken);
    await expect(readSplits(cars, files.open())).rejects.toThrow(
      /^invalid cars: devkit\/cars_train_annos\.mat has no classes/,
    );
  });

  it('XML: an error in words, or a label; entities are not unfolded', () => {
    const whole = Buffer.from('<annotation><object><name>dog</name><difficult>1</difficult></object></annotation>');
    fc.assert(
      fc.property(damage, (how) => {
        try {
          expect(vocLabel(damaged(whole, how), ['cat', 'dog'], '1')).toHaveLength(2);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as Error).message).toMatch(/^invalid annotation: 1\.xml\. /);
        }
      }),
      runs(400),
    );
    const laughs = Array.from({ length: 30 }, (_, i) => `<!ENTITY l${i + 1} "&l${i};&l${i};">`).join('');
    const bomb = `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]><annotation><object><name>&l30;</name></object></annotation>`;
    expect(() => vocLabel(Buffer.from(bomb), ['dog'], '1')).toThrow(/^invalid annotation: 1\.xml\. /);
  });

  it('tables: an error in words, or rows', () => {
    const csv = Buffer.from('path,label,split\n"a, b.jpg",cat,train\nc.jpg,dog,test\n');
    const jsonl = Buffer.from('{"path":"a.jpg","label":"cat"}\n{"path":"b.jpg","label":3}\n');
    for (const [name, whole] of [['t.csv', csv] as const, ['t.jsonl', jsonl] as const])
      fc.assert(
        fc.property(damage, (how) => {
          files.put(name, damaged(whole, how));
          try {
            expect(readTable(join(files.folder, name)).length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }),
        runs(150),
      );
  });
});
