import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';

/** The file in which npm pins versions. */
const lockFile = 'package-lock.json';

interface Locked {
  version?: string;
  /** One of our packages. */
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** Packages by the folder that they are in. */
export type Lock = Record<string, Locked | undefined>;

/** Where an npm package is, below node_modules → its version. */
export type Versions = Record<string, string>;

export function readLock(root: string): Lock {
  return (JSON.parse(readFileSync(join(root, lockFile), 'utf8')) as { packages: Lock }).packages;
}

/**
 * The versions of npm packages, and of all that they need, as package-lock.json pins them.
 *
 * @param externals names of packages → folders of ours that import them
 * @throws UserError for one that is not in the lock
 */
export function versionsOf(packages: Lock, externals: ReadonlyMap<string, ReadonlySet<string>>): Versions {
  const found = new Map<string, string>();
  const take = (from: string, name: string): boolean => {
    const place = placeOf(packages, from, name);
    if (place === undefined) return false;
    const { link, version = '', dependencies, optionalDependencies, peerDependencies } = packages[place]!;
    const key = place.replace(/^node_modules\//, '');
    if (link || found.has(key)) return true;
    found.set(key, version);
    // What is not there is optional, or npm would not have written the lock.
    for (const need of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
      if (!need.startsWith('@types/')) take(place, need);
    return true;
  };
  for (const [name, users] of externals) {
    for (const user of users)
      if (!take(user, name)) throw new UserError(`not installed: ${name}, which ${user} imports. run npm install`);
  }
  // Those that are imported first: of a change, they say most.
  const rank = (key: string) => `${externals.has(key) ? 0 : 1}${key}`;
  return Object.fromEntries([...found].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)));
}

/** Where Node would find a package: in node_modules beside who asks, or in a folder above. */
function placeOf(packages: Lock, from: string, name: string): string | undefined {
  for (let at = from; ; at = above(at)) {
    const place = at ? `${at}/node_modules/${name}` : `node_modules/${name}`;
    if (packages[place]) return place;
    if (!at) return undefined;
  }
}

function above(folder: string): string {
  const last = folder.lastIndexOf('/node_modules/');
  return last < 0 ? '' : folder.slice(0, last);
}
