import { expandHome } from './source-path.ts';

/**
 * The folders, archives and lists that a config of `ingest` names: one's own data, on which the stage's result depends as it
 * does on the config. Asked before the config is checked, and by processes that load no image library: whatever does not
 * look like a dataset is passed over.
 */
export default function sources(config: { datasets?: unknown }): string[] {
  const { datasets } = config;
  if (!Array.isArray(datasets)) return [];
  return datasets
    .flatMap((wanted: { folder?: unknown; trainList?: unknown } | null | undefined) => [
      wanted?.folder,
      wanted?.trainList,
    ])
    .filter((folder) => typeof folder === 'string')
    .map(expandHome);
}
