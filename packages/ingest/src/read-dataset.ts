import type { SkippedImage } from '@simclr/artifacts';
import type { ImageShape } from '@simclr/shards';
import type { DatasetRow, Metric, MissingImage, SplitCounts } from './dataset.ts';

/** A dataset that is being read: rows as a stream, the rest known before. */
export interface ReadDataset {
  name: string;
  title: string;
  metric: Metric;
  classes: string[];
  severalLabels?: boolean | undefined;
  shape: ImageShape | null;
  /** Images of each split; of published ones, as they should be. */
  counts: SplitCounts;
  rows: AsyncIterable<DatasetRow>;
  /** An address or a path: what it is made from. */
  source: string;
  /** What was decided and left out, a line each. */
  notes: string[];
  /** Images that cannot be decoded, and that are not there: complete when the rows are read. */
  skipped: SkippedImage[];
  missing: MissingImage[];
  licence?: string;
  homepage?: string;
  citation?: string;
}
