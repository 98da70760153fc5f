import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DATASETS } from '@simclr/ingest';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'datasets-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** As npm calls it. */
async function datasets(...args: string[]) {
  const env = { ...process.env, INIT_CWD: dir, SIMCLR_ARCHIVES: dir };
  const done = await run(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { env }).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code: 'code' in done ? done.code : 0, out: done.stdout, err: done.stderr };
}

it('lists all datasets in 100 columns, and what is to be done', async () => {
  writeFileSync(join(dir, 'dtd-r1.0.1.tar.gz'), 'another file');
  const { code, out } = await datasets();
  const [table, todo] = out.split('\n\n');
  expect(code).toBe(0);
  expect(
    table!
      .split('\n')
      .slice(1)
      .map((line) => line.split(' ')[0]),
  ).toEqual(Object.keys(DATASETS));
  expect(Math.max(...table!.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(table).toMatch(/^dtd +wrong checksum/m);
  expect(todo).toMatch(/cars_train\.tgz, missing: its host has taken it away.*; md5 065e5b46.*SIMCLR_ARCHIVES/);
  const { out: json } = await datasets('--json');
  expect(JSON.parse(json).find(({ name }: { name: string }) => name === 'dtd')).toMatchObject({
    state: 'wrong checksum',
    metric: 'top-1',
    classes: 47,
  });
});

it('checks a folder of images: nothing, then a copy in the test split', async () => {
  const image = (hue: number) =>
    sharp(Buffer.from(Array.from({ length: 75 }, (_, i) => (i * i * (hue + 3)) % 251)), {
      raw: { width: 5, height: 5, channels: 3 },
    })
      .resize(40, 40, { kernel: 'cubic' })
      .jpeg();
  let hue = 0;
  for (const split of ['train', 'test'])
    for (const name of ['cats', 'dogs']) {
      mkdirSync(join(dir, 'mine', split, name), { recursive: true });
      writeFileSync(join(dir, 'mine', split, name, 'a.jpg'), await image(hue++).toBuffer());
    }
  const clean = await datasets('check', 'mine');
  expect([clean.code, clean.out]).toEqual([
    0,
    expect.stringMatching(/^mine \(.*mine\), 4 images in .* s: nothing wrong\n$/),
  ]);
  writeFileSync(join(dir, 'mine/test/dogs/b.jpg'), await image(0).jpeg({ quality: 60 }).toBuffer());
  const found = await datasets('check', 'mine', '--sheet', 'pairs.png');
  expect(found.code).toBe(1);
  expect(found.out).toMatch(
    /^near duplicate across splits: train\/cats\/a\.jpg and test\/dogs\/b\.jpg \(.* alike\), of other labels$/m,
  );
  expect((await sharp(join(dir, 'pairs.png')).metadata()).format).toBe('png');
});

it.each(['--help', '-h'])('%s says how it is called, in 100 columns', async (word) => {
  const { code, out, err } = await datasets(word);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^npm run datasets -- \[check\] \[name or folder…\] \[options\]\n/);
  expect(out.match(/^ {2}--/gm)).toHaveLength(5);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

it.each([
  [['check'], /^nothing to check: no dataset is named\. npm run datasets -- --help\n$/],
  [['check', 'cifar11'], /^unknown dataset: .*cifar11 is neither a folder nor one of fashion-mnist, digits/],
  [
    ['digits'],
    /^unknown command: digits\. to look at it: npm run datasets -- check digits\. npm run datasets -- --help\n$/,
  ],
  [['chekc', 'digits'], /^unknown command: chekc\. nearest: check\. /],
  [['check', 'digits', '--from', 'nowhere'], /^missing folder: \S+nowhere, of --from\. npm run datasets -- --help\n$/],
  [['mend'], /^unknown command: mend\. npm run datasets -- --help\n$/],
  [['check', 'dtd', '--fast'], /^unknown option: --fast\. npm run datasets -- --help\n$/],
])('refuses %s', async (args, words) => {
  const { code, err } = await datasets(...args);
  expect([code, err]).toEqual([1, expect.stringMatching(words)]);
});
