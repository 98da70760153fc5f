import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDatasetInfo } from '@simclr/artifacts';
import { memoryLog, parseConfig } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import stage from './stage.ts';

/** All of CIFAR-10 as JPEG, and a Python with `datasets` and Pillow, which `npm run bench` makes: no clone has them. */
const ARCHIVE = fileURLToPath(new URL('../../../../shared/data/cifar10-jpeg.tar.gz', import.meta.url));
const PYTHON = fileURLToPath(new URL('../../../.cache/bench/venv/bin/python', import.meta.url));
/** One image of so many; all 60,000 by hand: EVERY=1. */
const EVERY = Number(process.env.EVERY ?? 200);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'hugging-face-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const python = (script: string, ...args: string[]) =>
  execFileSync(PYTHON, ['-c', script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', USE_TORCH: '0' },
  });

/** One member of so many of an archive, as they are. */
const THIN = `
import sys, tarfile
with tarfile.open(sys.argv[1]) as whole, tarfile.open(sys.argv[2], 'w') as thin:
    files = (member for member in whole if member.isfile())
    for i, member in enumerate(files):
        if i % int(sys.argv[3]) == 0:
            thin.addfile(member, whole.extractfile(member))`;

/** What Pillow reads of the archive, against what \`datasets\` gives of our shards: label and pixels of each image. */
const COMPARE = `
import hashlib, io, json, sys, tarfile
import numpy as np
from datasets import load_from_disk
from PIL import Image

def digest(pixels, label):
    return hashlib.sha256(repr((label, pixels.shape, str(pixels.dtype))).encode() + pixels.tobytes()).digest()

def of_files(dataset):
    for row in dataset:
        yield np.asarray(row['image']), row['label']

def of_pixels(dataset):
    for batch in dataset.with_format('arrow').iter(1000):
        values = batch['image'].combine_chunks().flatten().flatten().flatten().to_numpy()
        yield from zip(values.reshape(-1, 32, 32, 3), batch['label'].to_pylist())

theirs = {'train': [], 'test': []}
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        if member.isfile():
            _, split, label, _ = member.name.split('/')
            pixels = np.asarray(Image.open(io.BytesIO(archive.extractfile(member).read())))
            theirs[split].append(digest(pixels, label))
counts = {}
for kind in ('files', 'pixels'):
    dataset = load_from_disk(sys.argv[2] + '/' + kind)
    for split, rows in theirs.items():
        ours, name = dataset[split], dataset[split].features['label'].int2str
        found = sorted(digest(pixels, name(label)) for pixels, label in (of_files if kind == 'files' else of_pixels)(ours))
        counts[kind + ' ' + split] = [len(found), sum(a == b for a, b in zip(found, sorted(rows), strict=True))]
print(json.dumps(counts))`;

describe.skipIf(!existsSync(ARCHIVE) || !existsSync(PYTHON))(
  'datasets.load_from_disk (skipped without ../shared/data, or the Python of npm run bench)',
  () => {
    it('gives of our shards the labels and pixels that Pillow reads of the archive, of every row', async () => {
      const archive = EVERY === 1 ? ARCHIVE : join(dir, 'thin.tar');
      if (EVERY > 1) python(THIN, ARCHIVE, archive, String(EVERY));
      const { signal } = new AbortController();
      const [out, work] = [join(dir, 'out'), join(dir, 'work')];
      const datasets = [
        { name: 'files', folder: archive, size: null },
        { name: 'pixels', folder: archive, size: 32 },
      ];
      const config = parseConfig(stage.config, { datasets }, 'ingest', 'configs/test.json');
      await stage.run({ config, inputs: {}, out, work, log: memoryLog(), seed: 0, signal });
      const { train, test } = readDatasetInfo(join(out, 'files')).splits;
      expect(train.rows + test!.rows).toBe(Math.ceil(60_000 / EVERY));
      const counts = JSON.parse(python(COMPARE, archive, out)) as Record<string, [number, number]>;
      console.log(JSON.stringify(counts));
      expect(counts).toEqual({
        'files train': [train.rows, train.rows],
        'files test': [test!.rows, test!.rows],
        'pixels train': [train.rows, train.rows],
        'pixels test': [test!.rows, test!.rows],
      });
    }, 1_800_000);
  },
);
