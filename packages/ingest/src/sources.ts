import { expandHome } from './source-path.ts';

/**
 * The folders and archives that a config of `ingest` names: one's own data, on which the stage's result depends as it
 * does on the config. Asked before the config is checked, and by processes that load no image library: whatever does not
 * look like a dataset is passed over.
 */
export default function sources({ datasets, dataset }: { datasets?: unknown; dataset?: unknown }): string[] {
  return [...(Array.isArray(datasets) ? datasets : []), dataset]
    .map((wanted: { folder?: unknown } | null | undefined) => wanted?.folder)
    .filter((folder) => typeof folder === 'string')
    .map(expandHome);
}
