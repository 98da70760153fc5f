import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { UserError } from '@simclr/stage';
import type { Workspace } from '../../definition/workspace.ts';
import { type Names, type ParsedModule, parseModule } from './parse-module.ts';

/** What a stage's code is: the files that its entry reaches by imports, and nothing else. */
export interface Reach {
  /** File relative to the root → its identity, sorted by name. */
  files: Record<string, string>;
  /** npm packages that the files import → which of our packages do, by folder. */
  externals: Map<string, Set<string>>;
}

/** Parsed modules by the hash of their text. */
export type ModuleCache = Map<string, ParsedModule>;

/**
 * Follows imports from a file through our packages: static ones, dynamic ones of a literal, files named by
 * `new URL('…', import.meta.url)`. Of a barrel (a module that only re-exports) those modules count whose names are taken;
 * so a file that a package exports and no one here imports is not part of the code. Types are not followed.
 *
 * @param entry relative to the root
 * @param cache of modules parsed before, added to
 * @throws UserError where an import leads nowhere
 */
export function reach(workspace: Workspace, entry: string, cache: ModuleCache): Reach {
  const found = new Map<string, string>();
  const externals: Reach['externals'] = new Map();
  const seen = new Set<string>();
  const queue: { file: string; names: Names }[] = [{ file: entry, names: 'all' }];

  const follow = (from: string, specifier: string, names: Names) => {
    if (specifier.startsWith('node:') || specifier.startsWith('data:')) return;
    const file = resolve(workspace, from, specifier);
    if (file !== undefined) queue.push({ file, names });
    else {
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
    const module = read(workspace.root, file, cache);
    if (module.barrel) {
      followBarrel(workspace, file, module, fresh, cache, follow);
      continue;
    }
    if (found.has(file)) continue;
    found.set(file, module.identity);
    for (const { specifier, names: taken } of module.imports) follow(file, specifier, taken);
    for (const { specifier, original } of module.reExports)
      follow(file, specifier, original === '*' ? 'all' : [original]);
  }
  return { files: Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1))), externals };
}

function followBarrel(
  workspace: Workspace,
  file: string,
  module: ParsedModule,
  names: string[],
  cache: ModuleCache,
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
      if (exportsName(workspace, file, specifier, name, cache)) follow(file, specifier, [name]);
  }
}

function exportsName(workspace: Workspace, from: string, specifier: string, name: string, cache: ModuleCache): boolean {
  const file = resolve(workspace, from, specifier);
  if (file === undefined) return true;
  const module = read(workspace.root, file, cache);
  return (
    module.exports.includes(name) ||
    module.reExports.some(
      (one) => one.name === name || (one.name === '*' && exportsName(workspace, file, one.specifier, name, cache)),
    )
  );
}

/** A file of ours, relative to the root; undefined for an npm package. */
function resolve(workspace: Workspace, from: string, specifier: string): string | undefined {
  const { root, packages } = workspace;
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
  if (!existsSync(join(root, file)))
    throw new UserError(`unknown import: ${specifier}. there is no ${file}. correct ${from}`);
  return file;
}

const packageName = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

function packageDir({ packages }: Workspace, file: string): string {
  return [...packages.values()].find(({ dir }) => file.startsWith(`${dir}/`))?.dir ?? '';
}

function read(root: string, file: string, cache: ModuleCache): ParsedModule {
  const bytes = readFileSync(join(root, file));
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (!/\.m?[jt]s$/.test(file)) return { imports: [], reExports: [], exports: [], barrel: false, identity: hash };
  const known = cache.get(hash);
  if (known) return known;
  try {
    const module = parseModule(bytes.toString('utf8'));
    cache.set(hash, module);
    return module;
  } catch (error) {
    throw new UserError(`invalid module: ${file}. ${(error as Error).message.split('\n')[0]}. correct it`);
  }
}
