import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DAMAGES, type Damaged, type Fault, folderOf, PLACES } from './faults.ts';

/* Faults that are no single damage of a single file, or of files that only these name. */

const remove = (path: string) => rmSync(path, { recursive: true, force: true });
const write = (path: string, content: string | object) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
};
/** Does to a file of the table what the table has. */
const damage = (of: Damaged, place: string, what: string) => {
  for (const path of PLACES[place]!(of).filter((each) => existsSync(each))) DAMAGES[what]!.do(path, of);
};
const dataOf = (of: Damaged, stage: string) => folderOf({ ...of, stage }).data;
/** A process that is there, and is no DVC. */
const others = { pid: process.pid, cmd: 'dvc repro' };

const SPECIAL: Record<string, (of: Damaged) => void> = {
  'a data file flipped by the disk, its time as before, and what reads it gone'(of) {
    const file = join(folderOf(of).data, 'toy.json');
    const { atime, mtime } = statSync(file);
    damage(of, 'data/toy.json', 'has a bit flipped, where it is linked too');
    utimesSync(file, atime, mtime);
    for (const stage of of.stages.filter((each) => each !== of.stage)) {
      damage({ ...of, stage }, "DVC's cache: toy.json", 'is gone');
      remove(dataOf(of, stage));
    }
  },
  "DVC's cache gone": ({ root }) => remove(join(root, '.dvc/cache')),
  "DVC's cache and all data gone"(of) {
    remove(join(of.root, '.dvc/cache'));
    for (const stage of of.stages) remove(dataOf(of, stage));
  },
  'all outputs gone': ({ root }) => remove(join(root, 'pipelines/toy/out')),
  'all outputs and Nx gone'({ root }) {
    remove(join(root, 'pipelines/toy/out'));
    remove(join(root, '.nx'));
  },
  'all outputs, Nx and dvc.lock gone'({ root }) {
    for (const path of ['pipelines/toy/out', '.nx', 'pipelines/toy/dvc.lock']) remove(join(root, path));
  },
  'Nx gone': ({ root }) => remove(join(root, '.nx')),
  "Nx's cache gone, not its database": ({ root }) => remove(join(root, '.nx/cache')),
  'receipts cut in Nx and here'(of) {
    for (const place of ["Nx's cache: receipt.json", 'receipt.json']) damage(of, place, 'is cut');
  },
  'records flipped in Nx, and gone here'(of) {
    damage(of, "Nx's cache: run.json", 'has a bit flipped');
    damage(of, 'run.json', 'is gone');
  },
  'dvc.lock in conflict'({ root }) {
    const file = join(root, 'pipelines/toy/dvc.lock');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> other\n`);
  },
  "the rwlock of another program's pid, and data gone for good"(of) {
    const mine = { [dataOf(of, of.stage)]: others };
    write(join(of.root, '.dvc/tmp/rwlock'), { write: mine, read: { [dataOf(of, of.stages[0]!)]: [others] } });
    damage(of, "DVC's cache: toy.json", 'is gone');
    remove(folderOf(of).data);
  },
  'a file among the data that no stage made': (of) => writeFileSync(join(folderOf(of).data, 'more.json'), '{}'),
  'a file in the place of the data'(of) {
    remove(folderOf(of).data);
    writeFileSync(folderOf(of).data, 'data\n');
  },
  'a link in the place of the data, to where they were moved'(of) {
    const { data } = folderOf(of);
    renameSync(data, `${data}-moved`);
    DAMAGES['is a link that leads nowhere']!.do(data, of);
  },
  'what killed processes leave'(of) {
    const { data, work } = folderOf(of);
    write(join(`${data}.4194303.tmp`, 'toy.json'), '{}');
    write(join(`${data}.old.tmp`, 'toy.json'), '{}');
    write(join(work, 'out/toy.json'), '{}');
    write(join(of.root, '.dvc/cache/files/md5/ab/cdef.4194303.tmp'), '{');
    write(join(of.root, 'pipelines/toy/dvc.lock.00000000.tmp'), 'x');
  },
  'sessions that are none'({ root }) {
    const sessions = join(root, 'pipelines/toy/out/.sessions');
    write(join(sessions, 'file'), 'x');
    write(join(sessions, 'folder/tasks/b.json'), '{"d');
    write(join(sessions, 'cut/session.json'), '{"d');
  },
  'a session of a run that is gone, with a status that is cut'({ root }) {
    const dir = join(root, 'pipelines/toy/out/.sessions/gone');
    const owner = { host: 'elsewhere', pid: 1 };
    write(join(dir, 'session.json'), { dir, owner, kind: 'task', started: 0, isTTY: false, columns: 80 });
    write(join(dir, 'tasks/b.json'), '{"id": "b", "sta');
    utimesSync(join(dir, 'session.json'), 0, 0);
  },
  'leases of a process that is gone, and of none'({ root }) {
    const place = {
      process: { host: hostname(), pid: 4194303 },
      name: 'x',
      cpu: 999,
      memory: 0,
      gpus: [],
      granted: true,
    };
    write(join(root, `.cache/leases/line-${hostname()}.json`), { places: [place, {}, null, 1] });
  },
  'rubbish in each folder, and data gone'(of) {
    const { root } = of;
    const folders = ['.nx/cache', '.dvc/cache/files/md5', '.dvc/tmp', '.cache', 'pipelines/toy', 'pipelines/toy/out'];
    for (const folder of [...folders, dirname(folderOf(of).data)]) {
      write(join(root, folder.replace(root, ''), 'rubbish'), 'x');
      write(join(root, folder.replace(root, ''), 'rubbish.d/rubbish'), 'x');
    }
    remove(folderOf(of).data);
  },
  'objects of the cache moved, and data gone'(of) {
    const cache = join(of.root, '.dvc/cache/files/md5');
    for (const start of readdirSync(cache)) renameSync(join(cache, start), join(cache, `${start}.moved`));
    remove(folderOf(of).data);
  },
};

/** What a run that was killed while it published a result has written, in this order; the rest is as it was. */
const PUBLISHES = ['data.old.tmp', 'data', 'sound.json', 'metrics.json', 'run.json', 'lock.json', 'receipt.json'];

/** A stage whose files are those of the config of before up to the n-th that a run publishes. */
function publishUpTo(n: number, of: Damaged): void {
  const folder = dirname(folderOf(of).data);
  if (n === 0) renameSync(join(folder, 'data'), join(folder, 'data.old.tmp'));
  for (const name of PUBLISHES.slice(1, n + 1)) {
    remove(join(folder, name));
    cpSync(join(of.before, of.stage, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  }
}

/** All of these, of each of the stages those that are about publishing. */
export function specialFaults(stages: readonly string[]): Fault[] {
  const [, second = ''] = stages;
  const special = Object.entries(SPECIAL).map(([what, inject]) => ({
    what,
    stage: second,
    otherConfig: false,
    inject,
  }));
  const killed = stages.flatMap((stage) =>
    PUBLISHES.map((name, n) => ({
      what: `${stage}: killed when it had published ${name}`,
      stage,
      otherConfig: true,
      inject: (of: Damaged) => publishUpTo(n, of),
    })),
  );
  return [...special, ...killed].map(({ inject, ...fault }) => ({
    ...fault,
    inject(of) {
      // By another fault it may have no data left.
      if (!existsSync(join(folderOf(of).data, 'toy.json'))) return false;
      inject(of);
      return true;
    },
  }));
}
