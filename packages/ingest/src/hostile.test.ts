import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArchives } from './archives.ts';
import type { Dataset } from './dataset.ts';
import { dtd } from './datasets/dtd.ts';
import { flowers } from './datasets/flowers.ts';
import { Files, images, lines, readSplits } from './testdata/archives.ts';
import { damage, damaged, runs } from './testdata/damage.ts';
import { matFile } from './testdata/mat.ts';

let files: Files;
beforeEach(() => {
  files = new Files();
});
afterEach(() => files[Symbol.dispose]());

const ARCHIVE = 'dtd-r1.0.1.tar.gz';
const members = {
  'dtd/labels/train1.txt': lines('banded/1.jpg', 'zigzagged/1.jpg'),
  'dtd/labels/val1.txt': lines('zigzagged/2.jpg'),
  'dtd/labels/test1.txt': lines('banded/3.jpg'),
  ...images('dtd/images/banded/1.jpg', 'dtd/images/zigzagged/1.jpg', 'dtd/images/zigzagged/2.jpg'),
  ...images('dtd/images/banded/3.jpg'),
};
/** What came of reading: rows with their bytes, or the error. */
async function outcome(dataset: Dataset, paths = files.paths): Promise<unknown> {
  try {
    const { classes, train, validation, test } = await readSplits(dataset, openArchives(paths));
    return { classes, rows: [train, validation, test].map((rows) => rows.map((row) => ({ ...row }))) };
  } catch (error) {
    return error;
  }
}

describe('an archive that is damaged', () => {
  it.each([
    'dtd.tar.gz',
    'dtd.tar.xz',
    'dtd.tar.bz2',
    'dtd.tar.zst',
    'dtd.zip',
  ])('gives what it held, or an error in words, never something else: %s', async (kind) => {
    const whole = readFileSync(files.pack(kind, members).paths.get(kind)!);
    const expected = await outcome(dtd, new Map([[ARCHIVE, join(files.folder, kind)]]));
    expect(expected).toMatchObject({ classes: ['banded', 'zigzagged'] });
    const path = join(files.folder, 'damaged');
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        writeFileSync(path, damaged(whole, how));
        const found = await outcome(dtd, new Map([[ARCHIVE, path]]));
        if (found instanceof Error) {
          expect(found).toBeInstanceOf(UserError);
          expect(found.message).not.toContain('\n');
        } else expect(found).toEqual(expected);
      }),
      runs(25),
    );
  });

  it('of a tar without compression gives the images that its lists name, or an error in words', async () => {
    const whole = readFileSync(files.pack('dtd.tar', members).paths.get('dtd.tar')!);
    const path = join(files.folder, 'damaged');
    const namesOf = (found: unknown) =>
      (found as { rows: { path: string }[][] }).rows.map((rows) => rows.map((row) => row.path));
    const expected = namesOf(await outcome(dtd, new Map([[ARCHIVE, join(files.folder, 'dtd.tar')]])));
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        writeFileSync(path, damaged(whole, how));
        const found = await outcome(dtd, new Map([[ARCHIVE, path]]));
        if (found instanceof Error) expect(found).toBeInstanceOf(UserError);
        else expect(namesOf(found)).toEqual(expected);
      }),
      runs(150),
    );
  });

  it('is found out where a tar without compression was cut: images are missing', async () => {
    files.pack('x.tar', members);
    const whole = readFileSync(files.paths.get('x.tar')!);
    for (const at of [512, 1700, 4096, whole.indexOf('dtd/images/banded/3.jpg')]) {
      files.put(ARCHIVE, whole.subarray(0, at));
      expect(String(await outcome(dtd))).toMatch(/UserError: (truncated|incomplete) archive: /);
    }
  });
});

const COMPRESS = 'import lzma, sys; sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read()))';
const xz = (path: string) =>
  execFileSync('python3', ['-c', COMPRESS], { input: readFileSync(path), maxBuffer: 2 ** 26 });

it('xz within xz is refused, where its decoder would wait for ever; after each other they are read', async () => {
  // More than is looked at ahead.
  files.pack('once.tar.xz', { ...members, 'dtd/imdb/imdb.mat': randomBytes(3_000_000) });
  files.put('twice.tar.xz', xz(files.paths.get('once.tar.xz')!));
  const read = (name: string) => outcome(dtd, new Map([[ARCHIVE, join(files.folder, name)]]));
  for (let i = 0; i < 2; i++) {
    expect(await read('once.tar.xz')).toMatchObject({ classes: ['banded', 'zigzagged'] });
    expect(String(await read('twice.tar.xz'))).toMatch(/UserError: unread archive: .*: an xz file within another one/);
  }
});

describe('an archive that means harm', () => {
  const python = (script: string, ...args: string[]) => execFileSync('python3', ['-c', script, ...args]);
  const TAR = `
import io, sys, tarfile
with tarfile.open(sys.argv[1], 'w:gz') as tar:
    def add(name, content=b'x', **attributes):
        info = tarfile.TarInfo(name); info.size = len(content)
        for key, value in attributes.items(): setattr(info, key, value)
        tar.addfile(info, io.BytesIO(content))
    for name in sys.argv[3:]: add(name, name.encode())
    exec(sys.argv[2])
`;
  const pack = (script: string) => {
    const path = join(files.folder, ARCHIVE);
    const { folder } = files;
    using inside = new Files();
    for (const [name, content] of Object.entries(members)) inside.put(name.replaceAll('/', '_'), content);
    python(TAR, path, `${lists}\n${script}`, ...Object.keys(members).filter((name) => name.includes('images')));
    return outcome(dtd, new Map([[ARCHIVE, join(folder, ARCHIVE)]]));
  };
  const lists = Object.entries(members)
    .filter(([name]) => name.includes('labels'))
    .map(([name, text]) => `add(${JSON.stringify(name)}, ${JSON.stringify(text)}.encode())`)
    .join('\n');

  it.each([
    ["add('../../etc/x.jpg')", /^unsafe archive: .*"\.\.\/\.\.\/etc\/x\.jpg" lies outside/],
    ["add('/etc/x.jpg')", /^unsafe archive: .*"\/etc\/x\.jpg" lies outside/],
    ["add('dtd/images/banded/1.jpg', b'another')", /^ambiguous archive: .* has dtd\/images\/banded\/1\.jpg twice/],
    ["add('dtd/labels/train1.txt', b'zigzagged/1.jpg')", undefined],
  ])('is refused, or read as if that were not there: %s', async (script, words) => {
    const found = await pack(script);
    if (words) expect((found as Error).message).toMatch(words);
    else expect(found).toMatchObject({ classes: ['banded', 'zigzagged'] });
  });

  it.each([
    '../../x.jpg',
    '/x.jpg',
    '..\\\\x.jpg',
    'C:/x.jpg',
  ])('is refused where a zip has a path that leads out: %s', async (path) => {
    const script = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr(sys.argv[2], 'x')";
    python(script, join(files.folder, ARCHIVE), path.replaceAll('\\\\', '\\'));
    expect(String(await outcome(dtd))).toMatch(/UserError: unsafe archive: .* lies outside of the folder/);
  });

  it('is refused where an image is a link', async () => {
    using inside = new Files();
    symlinkSync('/etc/passwd', join(inside.folder, '1.jpg'));
    python(
      `import tarfile, sys
with tarfile.open(sys.argv[1], 'w:gz') as tar: tar.add(sys.argv[2], sys.argv[3])`,
      join(files.folder, 'x.tgz'),
      join(inside.folder, '1.jpg'),
      'jpg/image_00001.jpg',
    );
    files
      .put('imagelabels.mat', matFile({ labels: { bytes: [1] } }))
      .put('setid.mat', matFile({ trnid: { bytes: [1] }, valid: { bytes: [] }, tstid: { bytes: [] } }));
    const paths = new Map([...files.paths, ['102flowers.tgz', join(files.folder, 'x.tgz')]]);
    expect(String(await outcome(flowers, paths))).toMatch(
      /not a file: jpg\/image_00001\.jpg in 102flowers\.tgz is a symlink/,
    );
  });

  it('does not fill the memory: labels and images have a largest size, whatever they unpack to', async () => {
    files.pack('bomb.tar.gz', { ...members, 'dtd/labels/val1.txt': Buffer.alloc(70e6, '\n') });
    const at = join(files.folder, 'bomb.tar.gz');
    expect(String(await outcome(dtd, new Map([[ARCHIVE, at]])))).toMatch(
      /too large: dtd\/labels\/val1\.txt has 70000000 bytes/,
    );
    files.pack('bomb.tar.gz', { ...members, 'dtd/images/banded/3.jpg': Buffer.alloc(70e6) });
    expect(String(await outcome(dtd, new Map([[ARCHIVE, at]])))).toMatch(
      /too large: dtd\/images\/banded\/3\.jpg has 70000000/,
    );
  });

  it('is refused where it is written to while it is read', async () => {
    files.pack(ARCHIVE, members);
    const archives = files.open();
    const reading = (async () => {
      for await (const _ of archives.members(ARCHIVE)) appendFileSync(files.paths.get(ARCHIVE)!, 'x');
    })();
    await expect(reading).rejects.toThrow(/^changed archive: .* was written to while it was read\./);
  });

  it('is called what it is where it is none', async () => {
    files.put(ARCHIVE, '<!DOCTYPE html><html>quota exceeded</html>');
    expect(String(await outcome(dtd))).toMatch(/UserError: not an archive: .* is an HTML page/);
  });
});

it('names that are no UTF-8 are kept apart', async () => {
  const script = `
import io, sys, tarfile
with tarfile.open(sys.argv[1], 'w', format=tarfile.GNU_FORMAT, encoding='latin-1') as tar:
    for name in ('a/\\xe9.jpg', 'a/\\xe8.jpg'):
        info = tarfile.TarInfo(name); info.size = 1
        tar.addfile(info, io.BytesIO(b'x'))
`;
  execFileSync('python3', ['-c', script, join(files.folder, 'x.tar')]);
  const found: string[] = [];
  for await (const { path } of files.open().members('x.tar')) found.push(path);
  expect(found).toEqual(['a/\u00e9.jpg', 'a/\u00e8.jpg']);
});
