/**
 * The stage `ingest`: archives and folders of images to Arrow shards, each dataset with its splits, labels and their digest. Other
 * programs read the same images with `DATASETS`, `fetchFiles` and `openArchives`. {@link ../example.ts} plans one.
 */
export { ARCHIVE_CACHE, archiveFolders } from './archive-places.ts';
export type { Archives } from './archives.ts';
export { openArchives } from './archives.ts';
export type { SkippedImage } from './check-images.ts';
export type { ArchiveFile, Contents, Dataset, DatasetRow, Metric, Source, SplitCounts } from './dataset.ts';
export type { FetchOptions } from './fetch-files.ts';
export { fetchFiles, filesThere, placeOf } from './fetch-files.ts';
export type { FolderOptions, ImageFiles, Images, Rows, Sifted } from './folder.ts';
export { readImageFolder } from './folder.ts';
export { listImages } from './list-images.ts';
export { openSource } from './open-source.ts';
export { readAhead } from './read-ahead.ts';
export { readWhole } from './read-file.ts';
export { DATASETS } from './registry.ts';
export { REPOSITORY } from './source-path.ts';
export { checksumOf } from './sources/checksum.ts';
export { stratifiedSplit } from './split.ts';
export { SplitDigest } from './split-digest.ts';
