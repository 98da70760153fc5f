import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadPixels, writeEncodedSplit, writePixelSplit } from '@simclr/shards';
import { writeFileAtomic } from '@simclr/stage';
import sharp from 'sharp';
import { CACHE, SHARED_DATA } from './paths.ts';

/** A dataset on disk twice: ours as shards, and what PyTorch users read. Same images, same order. */
export interface PreparedImages {
  /** Folder of the split that our loader reads. */
  shards: string;
  /** Their file: an array of pixels (.npy), or a list of JPEG paths (.txt). */
  peerFile: string;
}

/** Makes a folder in the cache once; it appears by rename. */
async function once(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  await make(temporary);
  renameSync(temporary, folder);
  return folder;
}

interface Listed {
  path: string;
  label: number;
}

function listImages(root: string): { classes: string[]; files: Listed[] } {
  const classes = readdirSync(root).sort();
  const files = classes.flatMap((name, label) =>
    readdirSync(join(root, name))
      .sort()
      .map((file) => ({ path: join(root, name, file), label })),
  );
  return { classes, files };
}

/** CIFAR-10's training images: pixels in our shards, and one array as torchvision's dataset keeps them in memory. */
export async function cifar10(): Promise<PreparedImages | undefined> {
  const archive = join(SHARED_DATA, 'cifar10-jpeg.tar.gz');
  if (!existsSync(archive)) return undefined;
  const folder = await once('cifar10', async (out) => {
    execFileSync('tar', ['xzf', archive, '-C', out, 'cifar10-jpeg/train']);
    const { classes, files } = listImages(join(out, 'cifar10-jpeg/train'));
    const rows = (async function* () {
      for (const { path, label } of files) yield { pixels: new Uint8Array(await sharp(path).raw().toBuffer()), label };
    })();
    const options = { dataset: 'cifar10', split: 'train' };
    await writePixelSplit(join(out, 'train'), { classes, shape: [32, 32, 3] }, rows, options);
    const { data, rows: count } = loadPixels(join(out, 'train'));
    writeFileAtomic(join(out, 'train.npy'), npy(data, [count, 32, 32, 3]));
    rmSync(join(out, 'cifar10-jpeg'), { recursive: true });
  });
  return { shards: join(folder, 'train'), peerFile: join(folder, 'train.npy') };
}

/** Caltech-101's photographs: JPEG files in our shards, and as a folder of files. */
export async function caltech101(): Promise<PreparedImages | undefined> {
  const archive = join(SHARED_DATA, 'caltech-101.zip');
  if (!existsSync(archive)) return undefined;
  const folder = await once('caltech101', async (out) => {
    const script =
      'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract("caltech-101/101_ObjectCategories.tar.gz", sys.argv[2])';
    execFileSync('python3', ['-c', script, archive, out]);
    execFileSync('tar', ['xzf', join(out, 'caltech-101/101_ObjectCategories.tar.gz'), '-C', out]);
    rmSync(join(out, 'caltech-101'), { recursive: true });
    const { classes, files } = listImages(join(out, '101_ObjectCategories'));
    const rows = files.map(({ path, label }) => ({ bytes: readFileSync(path), path, label }));
    await writeEncodedSplit(join(out, 'train'), { classes, shape: null }, rows, {
      dataset: 'caltech101',
      split: 'train',
    });
    const relative = files.map(({ path }) => path.slice(out.length + 1));
    writeFileAtomic(join(out, 'files.txt'), `${relative.join('\n')}\n`);
  });
  return { shards: join(folder, 'train'), peerFile: join(folder, 'files.txt') };
}

/** An array of bytes in NumPy's format, version 1.0. */
function npy(data: Uint8Array, shape: number[]): Uint8Array {
  const description = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const header = `${description.padEnd(117)}\n`;
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([118, 0]), Buffer.from(header), data]);
}
