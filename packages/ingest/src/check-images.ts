import { checkImage } from '@simclr/images';
import { UserError } from '@simclr/stage';
import type { Listed } from './list-images.ts';
import { readAhead } from './read-ahead.ts';
import { readImageFile, type Stamp } from './read-file.ts';

/** An image that can be decoded, all of it. */
export interface CheckedImage extends Listed {
  stamp: Stamp;
}

/** An image that is left out. */
export interface SkippedImage {
  /** `<class>/<file>`. */
  path: string;
  /** Why it cannot be decoded. */
  reason: string;
}

/** What came out of a check. */
export interface CheckedImages {
  whole: CheckedImage[];
  undecodable: { image: Listed; reason: string }[];
}

/**
 * Reads and decodes every image once, 4 ms of a core for a photograph of 500×375 (its header alone: 0.4 ms), 0.1 ms for a JPEG of
 * 32×32. `checked` is told how many are done.
 */
export async function checkImages(
  images: readonly Listed[],
  concurrency: number,
  checked: (images: number) => void,
): Promise<CheckedImages> {
  const whole: CheckedImage[] = [];
  const undecodable: CheckedImages['undecodable'] = [];
  const check = async (image: Listed) => {
    try {
      const { bytes, stamp } = await readImageFile(image);
      await checkImage(bytes);
      return { image, stamp };
    } catch (error) {
      return { image, reason: (error as Error).message };
    }
  };
  let done = 0;
  for await (const { image, stamp, reason } of readAhead(images, check, concurrency)) {
    if (stamp) whole.push({ ...image, stamp });
    else undecodable.push({ image, reason: reason! });
    checked(++done);
  }
  // libvips keeps the reasons of all threads in one place: alone, each image has its own.
  for (const found of undecodable) found.reason = (await check(found.image)).reason ?? found.reason;
  return { whole, undecodable };
}

/** Undecodable images that a message names. */
const NAMED = 10;

/**
 * Requires that no more images are undecodable than may be skipped, and that each class keeps some.
 * @param maxSkipped share of all images, 0..1
 * @throws UserError that names the first ten of them, each with the reason
 */
export function requireFewSkipped(folder: string, parts: readonly CheckedImages[], maxSkipped: number): SkippedImage[] {
  const undecodable = parts.flatMap((part) => part.undecodable);
  const total = parts.reduce((sum, { whole }) => sum + whole.length, undecodable.length);
  if (undecodable.length > maxSkipped * total) throw new UserError(tooMany(folder, undecodable, total, maxSkipped));
  for (const { whole, undecodable: skipped } of parts) {
    const kept = new Set(whole.map(({ label }) => label));
    const emptied = skipped.find(({ image }) => !kept.has(image.label));
    if (emptied === undefined) continue;
    const { shown, name } = emptied.image;
    throw new UserError(
      `no images left: none of ${name.slice(0, name.lastIndexOf('/'))} can be decoded, for example ${shown}. ${emptied.reason}. replace them or remove the class`,
    );
  }
  return undecodable.map(({ image, reason }) => ({ path: image.name, reason }));
}

function tooMany(folder: string, undecodable: CheckedImages['undecodable'], total: number, maxSkipped: number): string {
  const allow =
    maxSkipped > 0
      ? `more than ingest.datasets[].maxSkipped = ${maxSkipped} allows`
      : 'or let ingest.datasets[].maxSkipped (a share, 0 by default) leave some out';
  const [{ image, reason }] = undecodable as [CheckedImages['undecodable'][0]];
  if (undecodable.length === 1) return `undecodable image: ${image.shown}. ${reason}. remove or replace it, ${allow}`;
  const named = undecodable.slice(0, NAMED).map(({ image, reason }) => `\n  ${image.shown}: ${reason}`);
  const more = undecodable.length - named.length;
  return [
    `undecodable images: ${undecodable.length} of ${total} in ${folder}. remove or replace them, ${allow}`,
    ...named,
    more > 0 ? `\n  and ${more} more` : '',
  ].join('');
}
