import type { EncodedRow, ImageShape, PixelRow } from '@simclr/shards';
import type { PlannedDataset } from '@simclr/stage';

/** A file that a dataset is made from. */
export interface ArchiveFile {
  /** Its official name. */
  name: string;
  /** Of the file as it is published. */
  checksum: { algorithm: 'md5' | 'sha256'; hex: string };
  /** Where it is found, tried in order, after the local folders. */
  sources: Source[];
}

/** A place to get a file from. */
export type Source =
  | { kind: 'web'; url: string }
  /**
   * A file of a Debian package, fetched and unpacked without root. Debian strips name and time from the header of a gzip
   * file: with them put back it is the published file again, to the byte.
   */
  | { kind: 'debian'; package: string; path: string; gzipHeader: { name: string; mtime: number } }
  /** A gzip file inside a wheel on the Python package index; what it holds is the published file. */
  | { kind: 'wheel'; requirement: string; path: string };

interface ImagesOf<Row, Shape> {
  classes: string[];
  shape: Shape;
  train: Rows<Row>;
  test: Rows<Row>;
  /** What was decided and left out, a line each. */
  notes?: string[];
}

/** The images of a dataset, by split. */
export type Images = ImagesOf<PixelRow, ImageShape>;

/** Those of a dataset whose images differ in size: the files as they are. */
export type ImageFiles = ImagesOf<EncodedRow, null>;

export interface Rows<Row = PixelRow> {
  count: number;
  rows: Iterable<Row> | AsyncIterable<Row>;
}

/** A dataset that is made from archive files. */
export interface ArchiveDataset {
  name: string;
  /** What comes out of `read`. */
  known: Required<PlannedDataset>;
  files: ArchiveFile[];
  /** @param contents of `files`, verified, in order */
  read(contents: Uint8Array[]): Images;
}
