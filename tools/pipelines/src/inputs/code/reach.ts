import { posix } from 'node:path';
import { UserError } from '@simclr/stage';
import type { Workspace } from '../../definition/workspace.ts';
import type { Names, ParsedModule } from './parse-module.ts';

/** What a stage's code is: the files that its entry reaches by imports, and nothing else. */
export interface Reach {
  /** File relative to the root → its identity, sorted by name. */
  files: Record<string, string>;
  /** npm packages that the files import → which of our packages do, by folder. */
  externals: Map<string, Set<string>>;
  /** What the files load or read by a name that is not written in them, `file: import(module)`: no one follows that. */
  untold: string[];
}

/** Parses a file of ours, its path relative to the root; undefined where there is none. */
export type ReadModule = (file: string) => ParsedModule | undefined;

// No name is taken of a module that is loaded all the same.
const LOADED: Names = ['(loaded)'];

/**
 * Follows imports from a file through our packages: static ones, dynamic ones of a literal, files named by
 * `new URL('…', import.meta.url)`. Of a barrel (a module that only re-exports) those modules count whose names are taken,
 * and those that do something when they are loaded; so a file that a package exports and no one here imports is not part
 * of the code. Types are not followed.
 *
 * @param entry relative to the root
 * @throws UserError where an import leads nowhere
 */
export function reach(workspace: Workspace, entry: string, read: ReadModule): Reach {
  const found = new Map<string, string>();
  const externals: Reach['externals'] = new Map();
  const untold: string[] = [];
  const seen = new Set<string>();
  const loaded = new Set<string>();
  const queue: { file: string; names: Names }[] = [{ file: entry, names: 'all' }];

  const follow = (from: string, specifier: string, names: Names) => {
    if (specifier.startsWith('node:') || specifier.startsWith('data:')) return;
    const file = resolve(workspace, from, specifier, read);
    if (file !== undefined) queue.push({ file, names });
    else if (names !== LOADED) {
      const name = packageName(specifier);
      const users = externals.get(name) ?? new Set();
      externals.set(name, users.add(packageDir(workspace, from)));
    }
  };

  for (let next = queue.pop(); next; next = queue.pop()) {
    const { file, names } = next;
    const wanted = names === 'all' ? ['*'] : names;
    const fresh = wanted.filter((name) => !seen.has(`${file} ${name}`));
    if (!fresh.length) continue;
    for (const name of fresh) seen.add(`${file} ${name}`);
    const module = read(file);
    if (!module) throw new UserError(`no such file: ${file}`);
    if (module.barrel || (names === LOADED && !module.effects)) {
      if (!loaded.has(file))
        for (const { specifier } of [...module.imports, ...module.reExports]) follow(file, specifier, LOADED);
      loaded.add(file);
      if (names !== LOADED) followBarrel(workspace, file, module, fresh, read, follow);
      continue;
    }
    if (found.has(file)) continue;
    found.set(file, module.identity);
    untold.push(...module.untold.map((text) => `${file}: ${text}`));
    for (const { specifier, names: taken } of [...module.imports, ...module.references]) follow(file, specifier, taken);
    for (const { specifier, original } of module.reExports)
      follow(file, specifier, original === '*' ? 'all' : [original]);
  }
  return { files: Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1))), externals, untold };
}

function followBarrel(
  workspace: Workspace,
  file: string,
  module: ParsedModule,
  names: string[],
  read: ReadModule,
  follow: (from: string, specifier: string, names: Names) => void,
): void {
  // Imported for its effects, which may matter to all.
  for (const { specifier, names: taken } of module.imports) follow(file, specifier, taken);
  for (const name of names) {
    if (name === '*') {
      for (const { specifier, original } of module.reExports)
        follow(file, specifier, original === '*' ? 'all' : [original]);
      continue;
    }
    const direct = module.reExports.filter((one) => one.name === name);
    const stars = module.reExports.filter((one) => one.name === '*');
    for (const { specifier, original } of direct) follow(file, specifier, original === '*' ? 'all' : [original]);
    if (direct.length) continue;
    for (const { specifier } of stars)
      if (exportsName(workspace, file, specifier, name, read)) follow(file, specifier, [name]);
  }
}

function exportsName(workspace: Workspace, from: string, specifier: string, name: string, read: ReadModule): boolean {
  const file = resolve(workspace, from, specifier, read);
  const module = file === undefined ? undefined : read(file);
  if (file === undefined || !module) return true;
  return (
    module.exports.includes(name) ||
    module.reExports.some(
      (one) => one.name === name || (one.name === '*' && exportsName(workspace, file, one.specifier, name, read)),
    )
  );
}

// Where imports lead, by file and specifier: stages reach the same files again and again.
const resolved = new WeakMap<ReadModule, Map<string, string | undefined>>();

/** A file of ours, relative to the root; undefined for an npm package. */
function resolve(workspace: Workspace, from: string, specifier: string, read: ReadModule): string | undefined {
  const known = resolved.get(read) ?? new Map<string, string | undefined>();
  resolved.set(read, known);
  const key = `${from} ${specifier}`;
  if (!known.has(key)) known.set(key, look(workspace, from, specifier, read));
  return known.get(key);
}

function look({ packages }: Workspace, from: string, specifier: string, read: ReadModule): string | undefined {
  let file: string;
  if (specifier.startsWith('.')) file = posix.join(posix.dirname(from), specifier);
  else {
    const name = packageName(specifier);
    const own = packages.get(name);
    if (!own) return undefined;
    const target = own.exports[`.${specifier.slice(name.length)}`];
    if (target === undefined)
      throw new UserError(`unknown import: ${specifier}. it is none of ${own.dir}'s exports. correct ${from}`);
    file = posix.join(own.dir, target);
  }
  if (!read(file)) throw new UserError(`unknown import: ${specifier}. there is no ${file}. correct ${from}`);
  return file;
}

const packageName = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

function packageDir({ packages }: Workspace, file: string): string {
  return [...packages.values()].find(({ dir }) => file.startsWith(`${dir}/`))?.dir ?? '';
}
