import { UserError, z } from '@simclr/stage';
import { DATASETS } from './registry.ts';

const count = z.int().min(1);

const FolderDataset = z.strictObject({
  /** Name in the other stages' configs. */
  name: z.string().regex(/^\w[\w.-]*$/),
  /**
   * Folder, or a tar or zip archive of one, with a folder of images for each class; or with `train` and `test` (or `val`),
   * each such a folder. Or a dataset of Hugging Face: what `save_to_disk` wrote, a folder of Parquet or Arrow files, or one.
   * Relative to the repository; `~` is the home folder.
   */
  folder: z.string().min(1),
  /**
   * Table of the images and their labels, where folders are no classes: CSV or lines of JSON with columns `path`, `label` and,
   * if it likes, `split`. Paths are from the folder; the table is in it, or beside an archive.
   */
  table: z.string().min(1).optional(),
  /**
   * Side in px to which the shorter side is resized before the centre is cut out. null: the files as they are, for view
   * policies that say how large a view is (`crop(to=224)`).
   */
  size: z.int().min(4).nullable().default(32),
  /** Share of the images that becomes the test split, stratified, less where a class would be left without an image for training; unused where there is a folder `test`. */
  testFraction: z.number().gt(0).lt(1).default(0.1),
  /** Share of the images that may be left out because they cannot be decoded; they are listed in skipped.jsonl. */
  maxSkipped: z.number().min(0).lt(1).default(0),
  /** Images that there should be, where that is known: others are an error, and a dry run can tell the steps. */
  images: z.strictObject({ train: count, test: count }).optional(),
});
export type FolderDataset = z.infer<typeof FolderDataset>;

const known = Object.keys(DATASETS);
const KnownDataset = z.strictObject({
  name: z.enum(known),
  /** One's own images have one: a published dataset is told by having none. */
  folder: z.never().optional(),
  /** As of one's own images. Only of datasets of files; null: the files as they are. */
  size: z.int().min(4).nullable().default(null),
  /** Share of the images that may be left out because they cannot be decoded; they are listed in skipped.jsonl. */
  maxSkipped: z.number().min(0).lt(1).default(0),
  /** Folder of its archives, or of what they unpack to (`/data/food-101`), looked into before SIMCLR_ARCHIVES. */
  from: z.string().min(1).optional(),
  /** An archive in SIMCLR_ARCHIVES may have been packed anew: its checksum is told, and its content counted as ever. */
  repacked: z.boolean().default(false),
  /** File of images, one a line by name or path: of the training split those alone (ImageNet's lists of 1 % and 10 %). */
  trainList: z.string().min(1).optional(),
});
export type KnownDataset = z.infer<typeof KnownDataset>;

const Wanted = z.union([z.enum(known), FolderDataset, KnownDataset], {
  error: `expected one of ${known.join(', ')}, or { "name": …, "folder": … }`,
});
export type Wanted = z.infer<typeof Wanted>;

/** A dataset that a config names: one's own images, or a published one. */
export function wantedDataset(wanted: Wanted): FolderDataset | KnownDataset {
  return typeof wanted === 'string' ? KnownDataset.parse({ name: wanted }) : wanted;
}

/** Config of the stage `ingest`, read as a list of datasets. */
export const IngestConfig = z
  .strictObject({
    /** Known datasets by name, or one's own images. */
    datasets: z.array(Wanted).min(1).optional(),
    /** One of these instead of a list: with a matrix, `dataset: [fashion-mnist, digits]`, each is a task of its own. */
    dataset: Wanted.optional(),
    /** What becomes of that one dataset where it is not on this machine and cannot be fetched: an error, or a table that names it. */
    missing: z.enum(['error', 'name']).default('error'),
  })
  .refine(({ datasets, dataset }) => datasets !== undefined || dataset !== undefined, {
    path: ['datasets'],
    error: 'expected datasets, a list, or dataset, one of them',
  })
  .refine(({ datasets, dataset }) => datasets === undefined || dataset === undefined, {
    path: ['datasets'],
    error:
      'expected no list: dataset is given too, by the matrix in pipeline.yaml or in the config. leave one of them out; with a matrix, name datasets there',
  })
  .refine(({ datasets, missing }) => datasets === undefined || missing === 'error', {
    path: ['missing'],
    error: 'expected error with a list of datasets. one is named where it is a task of its own: dataset, in a matrix',
  })
  .transform(({ datasets, dataset, missing }) => ({ datasets: datasets ?? [dataset!], missing }));
export type IngestConfig = z.infer<typeof IngestConfig>;

/** The datasets' names, in order. Throws UserError where one is given twice. */
export function datasetNames({ datasets }: IngestConfig): string[] {
  const names = datasets.map((wanted) => (typeof wanted === 'string' ? wanted : wanted.name));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`dataset given twice: ${twice}. give each its own name`);
  return names;
}
