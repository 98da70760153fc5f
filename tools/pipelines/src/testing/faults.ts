import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { type Random, randomInt } from '@simclr/stage';
import { knownEntry } from '../dvc/dvc.ts';
import { listedFiles, md5Of, object } from '../dvc/dvc-cache.ts';
import { taskFolder } from '../run/task-folder.ts';

/*
 * Damage to what a run keeps, by a table: a file, or its copies in some place, times what happens to it, times what is wrong
 * besides. Of a pipeline `toy` whose stages have a single task each.
 */

/** A workspace with results, and copies of what its stages had in `out` when another config was run before. */
export interface Damaged {
  root: string;
  /** All stages. */
  stages: readonly string[];
  /** The stage that it happens to. */
  stage: string;
  /** Which byte, and which rubbish. */
  random: Random;
  /** Where each stage's files are as they were with the config of before: `<before>/<stage>/run.json`. */
  before: string;
}

const OF_A_TASK = ['receipt.json', 'lock.json', 'run.json', 'metrics.json', 'sound.json', 'log.txt'];
const OF_NX = ['receipt.json', 'lock.json', 'run.json', 'metrics.json'];
const OF_DATA = ['toy.json', 'page.html', 'manifest.json'];

/** Of the stage that it happens to. */
export const folderOf = ({ root, stage }: Damaged) =>
  taskFolder(root, { id: stage, out: `pipelines/toy/out/${stage}` });
const below = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [];

/** An object of DVC's cache that holds one of the outputs of a stage, a file of its data, or the list of these. */
function objectOf(of: Damaged, name: string): string[] {
  const entry = knownEntry(folderOf(of));
  const list = md5Of(entry, 'data');
  const md5 =
    name === 'list'
      ? list
      : (md5Of(entry, name) ?? listedFiles(of.root, list ?? '').find((f) => f.relpath === name)?.md5);
  return md5 === undefined ? [] : [object(of.root, md5)];
}

/** What is damaged: the files of that kind that are there. */
export const PLACES: Record<string, (of: Damaged) => string[]> = {
  ...Object.fromEntries(OF_A_TASK.map((name) => [name, (of: Damaged) => [join(folderOf(of).data, '..', name)]])),
  ...Object.fromEntries(OF_DATA.map((name) => [`data/${name}`, (of: Damaged) => [join(folderOf(of).data, name)]])),
  ...Object.fromEntries(
    ['list', 'run.json', 'metrics.json', ...OF_DATA].map((name) => [
      `DVC's cache: ${name}`,
      (of: Damaged) => objectOf(of, name),
    ]),
  ),
  ...Object.fromEntries(
    OF_NX.map((name) => [
      `Nx's cache: ${name}`,
      ({ root, stage }: Damaged) => below(join(root, '.nx/cache')).filter((path) => path.endsWith(`/${stage}/${name}`)),
    ]),
  ),
  'work/state.json': (of) => [folderOf(of).state],
  journal: (of) => below(folderOf(of).journals),
  'dvc.lock': ({ root }) => [join(root, 'pipelines/toy/dvc.lock')],
  'dvc.yaml': ({ root }) => [join(root, 'pipelines/toy/dvc.yaml')],
  'keys.json': ({ root }) => [join(root, 'pipelines/toy/keys.json')],
  'own-data.json': ({ root }) => [join(root, 'pipelines/toy/out/own-data.json')],
  'the unfinished run': ({ root }) => [join(root, 'pipelines/toy/out/.runs/unfinished.json')],
  'what of the code is known': ({ root }) => [join(root, '.cache/code.json')],
  leases: ({ root }) => [join(root, `.cache/leases/line-${hostname()}.json`)],
  "the leases' lock": ({ root }) => [join(root, '.cache/leases/lock')],
  "the sessions' lock": ({ root }) => [join(root, 'pipelines/toy/out/.sessions/lock')],
  "dvc.lock's lock": ({ root }) => [join(root, 'pipelines/toy/out/.sessions/dvc')],
  "DVC's rwlock": ({ root }) => [join(root, '.dvc/tmp/rwlock')],
  "Nx's database": ({ root }) => below(join(root, '.nx/workspace-data')).filter((path) => path.includes('.db')),
  "Nx's graph": ({ root }) => [join(root, '.nx/workspace-data/project-graph.json')],
  "Nx's map of files": ({ root }) => [join(root, '.nx/workspace-data/file-map.json')],
};

const remove = (path: string) => rmSync(path, { recursive: true, force: true });
/** Another file in the place of this one: a file that it was linked to stays as it was. */
const replace = (path: string, bytes: Uint8Array | string) => {
  remove(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
};
/** The same file with other content, whatever else it is linked to. */
const overwrite = (path: string, bytes: Uint8Array | string) => {
  const { mode } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
};
const flipped = (path: string, { random }: Damaged): Uint8Array => {
  const bytes = readFileSync(path);
  // Of what is written, not of the space between.
  const places = [...bytes.keys()].filter((at) => bytes[at]! > 32);
  const at = places[randomInt(random, Math.max(1, places.length))];
  return at === undefined ? bytes : bytes.with(at, bytes[at]! ^ (1 << randomInt(random, 3)));
};

// Of files of a stage.
const [OTHERS, BEFORE] = ["is another stage's", 'is that of before'];

interface Damage {
  /** Whether the file has to be there before. */
  there?: false;
  /** @param theirs the same file of another stage; undefined where there is none */
  do(path: string, of: Damaged, theirs?: string): void;
}

/** What happens to a file. */
export const DAMAGES: Record<string, Damage> = {
  'is gone': { do: remove },
  'is empty': { do: (path) => overwrite(path, '') },
  'is cut': { do: (path) => overwrite(path, readFileSync(path).subarray(0, statSync(path).size / 2)) },
  'has a bit flipped, where it is linked too': { do: (path, of) => overwrite(path, flipped(path, of)) },
  'has a bit flipped': { do: (path, of) => replace(path, flipped(path, of)) },
  [OTHERS]: { do: (path, _, theirs) => replace(path, readFileSync(theirs!)) },
  [BEFORE]: {
    do: (path, { before, stage }) => replace(path, readFileSync(join(before, stage, path.split(`/out/${stage}/`)[1]!))),
  },
  'is rubbish': {
    there: false,
    do: (path, { random }) => replace(path, Buffer.from(Array.from({ length: 300 }, () => randomInt(random, 256)))),
  },
  'is null': { there: false, do: (path) => replace(path, 'null\n') },
  'is {}': { there: false, do: (path) => replace(path, '{}\n') },
  'is a list': { there: false, do: (path) => replace(path, '[1]\n') },
  'is a folder': {
    there: false,
    do(path) {
      remove(path);
      mkdirSync(join(path, 'in it'), { recursive: true });
    },
  },
  'is a link that leads nowhere': {
    there: false,
    do(path) {
      remove(path);
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync('/nowhere/at/all', path);
    },
  },
  'has a part of another beside it': {
    do: (path) => writeFileSync(`${path}.4194303.tmp`, '{"'),
  },
};

/** What the test sees to itself. */
const OTHER_CONFIG = 'the config of before';

/** What is wrong, or other, besides. */
const BESIDES: Record<string, (of: Damaged) => void> = {
  nothing: () => {},
  'its data gone': (of) => remove(folderOf(of).data),
  'all else that it has gone': (of) => remove(dirname(folderOf(of).data)),
  'all data gone': (of) => {
    for (const stage of of.stages) remove(folderOf({ ...of, stage }).data);
  },
  'the database of Nx gone': ({ root }) => remove(join(root, '.nx/workspace-data')),
  [OTHER_CONFIG]: () => {},
};

/** What is not there at most times. */
const RARE = /state\.json|unfinished|lock$|leases' |sessions' /;
const OF_STAGES = new Set([...OF_A_TASK, ...OF_DATA.map((name) => `data/${name}`)]);

/** Whether something can happen to the files of a place, which may not be there, or not be a stage's. */
function canBe(place: string, name: string, { there }: Damage): boolean {
  if (RARE.test(place) && place !== 'dvc.lock') return there === false;
  if (name === OTHERS) return OF_STAGES.has(place) || place.includes('cache: ');
  return name !== BEFORE || OF_STAGES.has(place) || place.startsWith("Nx's cache");
}

/** What happens to a stage's files, and how it is done. */
export interface Fault {
  what: string;
  stage: string;
  /** Whether the next run has the config of before. */
  otherConfig: boolean;
  /** @returns whether anything was damaged */
  inject(of: Damaged): boolean;
}

/** The n-th fault of the table: places in turn, the rest at random. */
export function drawFault(n: number, stages: readonly string[], random: Random): Fault {
  const one = <T>(of: readonly T[]): T => of[randomInt(random, of.length)]!;
  const place = Object.keys(PLACES)[n % Object.keys(PLACES).length]!;
  const [damage, { there, do: happen }] = one(
    Object.entries(DAMAGES).filter(([name, each]) => canBe(place, name, each)),
  );
  // As often as not, nothing.
  const beside = one([...Object.keys(BESIDES), ...Object.keys(BESIDES).map(() => 'nothing')]);
  const stage = one(stages);
  return {
    what: `${stage}: ${place} ${damage}${beside === 'nothing' ? '' : `, ${beside}`}`,
    stage,
    otherConfig: beside === OTHER_CONFIG,
    inject(of) {
      const paths = PLACES[place]!(of);
      const [theirs] = PLACES[place]!({ ...of, stage: stages.find((each) => each !== stage)! });
      // What it is done to is found out before something else is taken away.
      BESIDES[beside]!(of);
      const wanted = damage === OTHERS ? existsSync(theirs ?? '') : true;
      const hit = paths.filter((path) => wanted && (there === false || existsSync(path)));
      for (const path of hit) happen(path, of, theirs);
      return hit.length > 0;
    },
  };
}
