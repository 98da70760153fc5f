import { expandHome, tablePath } from './source-path.ts';

/**
 * The folders, archives, tables and lists that a config of `ingest` names: one's own data, on which the stage's result
 * depends as it does on the config. Asked before the config is checked, and by processes that load no image library:
 * whatever does not look like a dataset is passed over.
 */
export default function sources({ datasets, dataset }: { datasets?: unknown; dataset?: unknown }): string[] {
  return [...(Array.isArray(datasets) ? datasets : []), dataset]
    .filter((wanted) => typeof wanted === 'object' && wanted !== null)
    .flatMap(({ folder, table, trainList, from }: Record<'folder' | 'table' | 'trainList' | 'from', unknown>) => [
      folder,
      typeof folder === 'string' && typeof table === 'string' ? tablePath(folder, table) : undefined,
      trainList,
      from,
    ])
    .filter((path) => typeof path === 'string')
    .map(expandHome);
}
