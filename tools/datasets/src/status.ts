import { statSync } from 'node:fs';
import { DATASETS, type Dataset, filesThere, placeOf } from '@simclr/ingest';
import type { Checksums } from './checksums.ts';
import { builtFolders, type Places } from './locate.ts';
import { whatToDo } from './open-archives.ts';

/** Of an archive: not there, there, its checksum is the published one, or is another. */
export type State = 'missing' | 'present' | 'verified' | 'wrong checksum';

export interface ArchiveStatus {
  name: string;
  state: State;
  path?: string;
  bytes?: number;
  /** What is to be done. */
  todo?: string;
}

/** A published dataset on this machine. */
export interface DatasetStatus
  extends Pick<Dataset, 'name' | 'title' | 'metric' | 'classes' | 'splits' | 'licence' | 'homepage'> {
  state: State | 'incomplete';
  /** Of the archives that are there. */
  bytes: number;
  archives: ArchiveStatus[];
  /** Folders of shards that pipelines made of it. */
  built: string[];
}

/** Archives up to this many bytes are read to see whether they are whole; larger ones are by `check`. */
const READ_AT_ONCE = 2 ** 30;

export async function statusOf(places: Places, checksums: Checksums): Promise<DatasetStatus[]> {
  const all: DatasetStatus[] = [];
  for (const dataset of Object.values(DATASETS)) {
    const { name, title, metric, classes, splits, licence, homepage } = dataset;
    const archives: ArchiveStatus[] = [];
    for (const file of filesThere(dataset, places.folders))
      archives.push(await archiveStatus(file, name, places, checksums));
    const states = new Set(archives.map(({ state }) => state));
    const one = states.has('wrong checksum') ? 'wrong checksum' : states.has('present') ? 'present' : 'verified';
    const state = !states.has('missing') ? one : states.size === 1 ? 'missing' : 'incomplete';
    const bytes = archives.reduce((sum, archive) => sum + (archive.bytes ?? 0), 0);
    const built = builtFolders(name, places);
    all.push({ name, title, state, metric, classes, splits, bytes, licence, homepage, archives, built });
  }
  return all;
}

async function archiveStatus(
  file: Dataset['files'][0],
  dataset: string,
  places: Places,
  checksums: Checksums,
): Promise<ArchiveStatus> {
  const { name, checksum } = file;
  const path = placeOf(file, places);
  if (!path) return { name, state: 'missing', todo: whatToDo(file) };
  const bytes = statSync(path).size;
  const present = { name, state: 'present' as const, path, bytes };
  if (!checksum) return present;
  const known = checksums.of(path, checksum.algorithm);
  if (known === undefined && bytes > READ_AT_ONCE)
    return { ...present, todo: `npm run datasets -- check ${dataset} compares its checksum` };
  const found = known ?? (await checksums.compute(path, checksum.algorithm));
  if (found === checksum.hex) return { ...present, state: 'verified' };
  const todo = `${path} has ${checksum.algorithm} ${found}. expected ${checksum.hex}. fetch it again`;
  return { ...present, state: 'wrong checksum', todo };
}
