/**
 * Archives and folders of images to Arrow shards.
 *
 * @example
 * ```ts
 * import { DATASETS, fetchFiles, openArchives } from '@simclr/ingest';
 *
 * const { files, read } = DATASETS.digits!;
 * const options = { folders: ['/archives'], cache: '/tmp/cache', python: 'python3', info: console.log };
 * const { classes, rows } = await read(openArchives(await fetchFiles(files, options)));
 * for await (const { split, label } of rows) console.log(split, classes[label as number]);
 * ```
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
