import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openArchives } from '@simclr/ingest';
import { findDuplicates, Looks } from '@simclr/near-duplicates';
import { addressed } from '@simclr/stage';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentOfMember } from '../../../packages/ingest/src/archives.ts';

/** All of CIFAR-10 as JPEG, which no clone has. */
const ARCHIVE = fileURLToPath(new URL('../../../../shared/data/cifar10-jpeg.tar.gz', import.meta.url));
/** One image of so many is taken; all 60,000 by hand: EVERY=1. */
const EVERY = Number(process.env.EVERY ?? 20);
/** Of those, copies are sought. */
const COPIED = 200;

describe.skipIf(!existsSync(ARCHIVE))('copies of CIFAR-10’s images (skipped without ../shared/data)', () => {
  const images: Buffer[] = [];
  const originals = new Looks();
  /** Pairs of images as they are, which CIFAR-10 is known to have: row of the one and of the other. */
  const alike = new Set<string>();
  const add = async (looks: Looks, image: Buffer) => {
    const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
    looks.add(data, [info.height, info.width, info.channels]);
  };
  beforeAll(async () => {
    let met = 0;
    for await (const member of openArchives(new Map([['archive', ARCHIVE]])).members('archive')) {
      if (member.type !== 'file' || met++ % EVERY > 0) continue;
      images.push(await contentOfMember(member));
    }
    for (const image of images) await add(originals, image);
    for (const { a, b } of await findDuplicates(originals)) alike.add(`${a} ${b}`).add(`${b} ${a}`);
  });

  const random = addressed(19);
  const any = (count: number) => Math.floor(count * random.next());
  const cropped = (image: Sharp, by: number) =>
    image.extract({ left: any(by + 1), top: any(by + 1), width: 32 - by, height: 32 - by });
  it.each<[string, (image: Sharp) => Sharp]>([
    ['of quality 50', (image) => image.jpeg({ quality: 50 })],
    ['half as large', (image) => image.resize(16)],
    ['twice as large', (image) => image.resize(64)],
    ['10 % brighter', (image) => image.linear(1.1)],
    ['10 % darker', (image) => image.linear(0.9)],
    ['mirrored', (image) => image.flop()],
    ['cropped by a pixel', (image) => cropped(image, 1)],
    [
      'cropped by a pixel, darker, larger, of quality 70',
      (image) => cropped(image, 1).linear(0.95).resize(40).jpeg({ quality: 70 }),
    ],
  ])('%s are found, and no more than 1 % of what is found is another image', async (_, change) => {
    const copies = new Looks();
    const step = Math.floor(images.length / COPIED);
    for (let i = 0; i < COPIED; i++) await add(copies, await change(sharp(images[i * step])).toBuffer());
    const pairs = await findDuplicates(copies, originals);
    const found = pairs.map(({ a, b }) => [a * step, b] as const);
    const own = found.filter(([a, b]) => a === b);
    const others = found.filter(([a, b]) => a !== b && !alike.has(`${a} ${b}`));
    expect(own.length).toBeGreaterThanOrEqual(0.95 * COPIED);
    expect(others.length).toBeLessThanOrEqual(0.01 * found.length);
  });
});
