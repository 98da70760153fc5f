import type { ImageShape, Label, SplitName } from '@simclr/shards';
import type { Archives } from './archives.ts';

/** A file that a dataset is made from. */
export interface ArchiveFile {
  /** Its official name. */
  name: string;
  /** Of the file as it is published; absent where none is. */
  checksum?: { algorithm: 'md5' | 'sha256'; hex: string };
  /** Where it is found, tried in order, after the local folders. */
  sources: Source[];
  /** Where it is to be had by hand, where no source is left. */
  byHand?: string;
  /** Folder that it unpacks to: with that, it is not needed. */
  unpacked?: string;
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

/**
 * By which results on a dataset are compared: the share of images that are classified right, the mean of that share over
 * classes, or the mean over classes of the average precision at eleven recalls (PASCAL VOC 2007).
 */
export type Metric = 'top-1' | 'mean-per-class' | '11-point-map';

/** A row of a dataset, in the split that it belongs to. */
export type DatasetRow = { split: SplitName; label: Label } & (
  | { pixels: Uint8Array }
  /** An image file as it is, and its path in the dataset. */
  | { bytes: Uint8Array; path: string }
);

/** An image that a dataset lacks, and why. */
export interface MissingImage {
  path: string;
  reason: string;
}

/** What is in a dataset. */
export interface Contents {
  classes: string[];
  /** The rows of all splits, in the order in which they are met. */
  rows: Iterable<DatasetRow> | AsyncIterable<DatasetRow>;
  /** What was decided and left out, a line each. */
  notes?: string[];
  /** Images that were not there; complete when the rows are read. */
  missing?: MissingImage[];
}

/** Number of images of each split. */
export type SplitCounts = { train: number; validation?: number; test: number };

/** A dataset as it is published: what it is, what it is made from, and how that is read. */
export interface Dataset {
  /** In configs and folders. */
  name: string;
  /** As papers call it. */
  title: string;
  metric: Metric;
  /** Number of classes. */
  classes: number;
  /** An image may be of several classes. */
  severalLabels?: boolean;
  /** Of its images; null where they are files of different sizes. */
  shape: ImageShape | null;
  splits: SplitCounts;
  files: ArchiveFile[];
  /** Others that hold the same, taken where the user has all of them. */
  otherFiles?: ArchiveFile[];
  homepage: string;
  /** As its authors put it; `unknown` where they do not. */
  licence: string;
  /** Authors, title, place and year. */
  citation: string;
  /** @param archives holds `files`, verified */
  read(archives: Archives): Promise<Contents>;
}
