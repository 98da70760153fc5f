import type { DatasetRow } from '@simclr/ingest';
import type { ImageShape } from '@simclr/shards';
import type { Finding } from './finding.ts';
import type { Published } from './official.ts';

/** What is checked: archives of a published dataset, shards that `ingest` wrote, or any images by class. */
export interface Subject {
  name: string;
  /** Archives, or the folder. */
  where: string;
  /** Absent: one's own images. */
  published?: Published | undefined;
  /** It is as published to the byte: what is odd in it is so for everyone. */
  genuine: boolean;
  classes: string[];
  shape: ImageShape | null;
  /** Reads it anew each time. */
  rows: () => AsyncGenerator<DatasetRow>;
  /** What was found outside of the rows; complete once they are read for the first time. */
  findings: Finding[];
}
