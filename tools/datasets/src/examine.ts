import { createHash } from 'node:crypto';
import { decode, imageSize } from '@simclr/images';
import { type DatasetRow, readAhead, SplitDigest } from '@simclr/ingest';
import { Looks } from '@simclr/near-duplicates';
import type { Label, SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { type Finding, findingOf } from './finding.ts';
import type { Subject } from './subject.ts';

/** An image of a dataset. */
export interface Row {
  split: SplitName;
  label: Label;
  /** Its path, where it has one. */
  path?: string;
  /** In messages. */
  name: string;
  /** Of its bytes, or its pixels. */
  digest: string;
}

/** What reading all of a dataset tells. */
export interface Examined {
  rows: Row[];
  undecodable: { name: string; reason: string }[];
  /** Digests of what each split consists of. */
  lists: Map<SplitName, string>;
  /** Of names, splits and bytes of all images, whatever their order. */
  contents: string;
  /** Reading ended early, for this reason. */
  broken?: Finding;
  /** Of the images that can be decoded, equal ones once. */
  looks: Looks;
  /** The row of each of them. */
  rowOfLook: number[];
}

/** 24 hexadecimal digits. */
const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex').slice(0, 24);

/** How messages call the image that is read as the `at`th. */
export const nameOf = (row: DatasetRow, at: number): string => `${row.split}/${'path' in row ? row.path : `row ${at}`}`;

/** Images decoded at a time: libvips works beside us. */
const AHEAD = 16;

/** Told how many images were read, or sought others that are like them. */
export type Told = (images: number, what: 'read' | 'compared') => void;

/** Reads and decodes every image once. */
export async function examine({ rows: open, shape }: Subject, told: Told = () => {}): Promise<Examined> {
  const digests = new Map<SplitName, SplitDigest>();
  const seen = new Set<string>();
  const found: Examined = {
    rows: [],
    undecodable: [],
    lists: new Map(),
    contents: '',
    looks: new Looks(),
    rowOfLook: [],
  };
  const work = async (row: DatasetRow) => {
    const digest = sha256('pixels' in row ? row.pixels : row.bytes);
    if ('pixels' in row) return { row, digest, image: { pixels: row.pixels, shape: shape! } };
    try {
      return { row, digest, image: await decoded(row.bytes) };
    } catch (error) {
      return { row, digest, reason: (error as Error).message };
    }
  };
  try {
    for await (const { row, digest, image, reason } of readAhead(open(), work, AHEAD)) {
      const { split, label } = row;
      const at = found.rows.length;
      const path = 'path' in row ? row.path : undefined;
      const name = nameOf(row, at);
      found.rows.push({ split, label, name, digest, ...(path !== undefined && { path }) });
      const list = digests.get(split) ?? new SplitDigest();
      digests.set(split, list);
      list.add(row);
      if (reason !== undefined) found.undecodable.push({ name, reason });
      else if (!seen.has(digest)) {
        found.looks.add(image!.pixels, image!.shape);
        found.rowOfLook.push(at);
      }
      seen.add(digest);
      if (found.rows.length % 1000 === 0) told(found.rows.length, 'read');
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    found.broken = findingOf(error.message);
  }
  const lines = found.rows.map(({ split, path, digest, label }) => `${split} ${path} ${digest} ${label}\n`).sort();
  found.contents = sha256(lines.join(''));
  for (const [split, digest] of digests) found.lists.set(split, digest.digest());
  return found;
}

async function decoded(bytes: Uint8Array) {
  if (bytes.length === 0) throw new Error('there is nothing in it');
  const size = await imageSize(bytes);
  const { pixels } = await decode(bytes, size, [{ y: 0, x: 0, ...size }], 1);
  return { pixels, shape: [size.height, size.width, 3] as const };
}
