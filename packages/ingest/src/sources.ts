import { join } from 'node:path';
import { archiveFolders } from './archive-places.ts';
import { expandHome, tablePath } from './source-path.ts';

/**
 * The folders, archives, tables and lists that a config of `ingest` names: one's own data, on which the stage's result
 * depends as it does on the config. So it does on published archives that one has, where they are taken for what they hold
 * ("repacked"), and on those that one has or lacks, where a missing dataset is named: it is read once its archives are there. Asked before the config is checked, and by processes that load no image
 * library: whatever does not look like a dataset is passed over.
 */
export default async function sources(config: {
  datasets?: unknown;
  dataset?: unknown;
  missing?: unknown;
}): Promise<string[]> {
  const wanted = [...(Array.isArray(config.datasets) ? config.datasets : []), config.dataset];
  const own = wanted
    .filter((each) => typeof each === 'object' && each !== null)
    .flatMap(({ folder, table, trainList, from }: Record<'folder' | 'table' | 'trainList' | 'from', unknown>) => [
      folder,
      typeof folder === 'string' && typeof table === 'string' ? tablePath(folder, table) : undefined,
      trainList,
      from,
    ])
    .filter((path) => typeof path === 'string')
    .map(expandHome);
  const named = config.missing === 'name' ? wanted : wanted.filter((each) => isNamed(each) && each.repacked === true);
  return named.length > 0 ? [...own, ...(await archivesOf(named))] : own;
}

/** Where the user's archives of published datasets are, or would be. */
async function archivesOf(wanted: unknown[]): Promise<string[]> {
  const names = wanted.map((each) => (isNamed(each) ? each.name : each)).filter((name) => typeof name === 'string');
  const { DATASETS } = await import('./registry.ts');
  const datasets = names.flatMap((name) => (Object.hasOwn(DATASETS, name) ? [DATASETS[name]!] : []));
  const files = datasets.flatMap((dataset) => [...dataset.files, ...(dataset.otherFiles ?? [])]);
  return archiveFolders().flatMap((folder) => files.map(({ name }) => join(folder, name)));
}

const isNamed = (each: unknown): each is { name: unknown; repacked?: unknown } =>
  typeof each === 'object' && each !== null && 'name' in each && !('folder' in each);
