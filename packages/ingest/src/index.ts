/**
 * Archives and folders of images to Arrow shards.
 *
 * @example
 * ```ts
 * import { fashionMnist, fetchFiles } from '@simclr/ingest';
 *
 * const options = { folders: ['/archives'], cache: '/tmp/cache', python: 'python3', info: console.log };
 * const { train } = fashionMnist.read(await fetchFiles(fashionMnist.files, options));
 * console.log(train.count); // 60000
 * ```
 */
export type { SkippedImage } from './check-images.ts';
export type { ArchiveDataset, ArchiveFile, ImageFiles, Images, Rows, Source } from './dataset.ts';
export { cifar10, cifar100 } from './datasets/cifar.ts';
export { digits } from './datasets/digits.ts';
export { fashionMnist } from './datasets/fashion-mnist.ts';
export type { FetchOptions } from './fetch-files.ts';
export { fetchFiles } from './fetch-files.ts';
export type { FolderOptions, Sifted } from './folder.ts';
export { readImageFolder } from './folder.ts';
export { stratifiedSplit } from './split.ts';
