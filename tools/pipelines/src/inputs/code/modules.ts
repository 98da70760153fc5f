import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { readSealed, writeSealed } from '../../run/sealed.ts';
import type { ParsedModule } from './parse-module.ts';
import type { ReadModule } from './reach.ts';

/** The files of a workspace, parsed; remembered on disk, so that only those that changed are parsed again. */
export interface Modules {
  read: ReadModule;
  /** Writes what is new of what is remembered. */
  save(): void;
}

/** A file as it was when it was parsed. */
interface Known {
  stamp: string;
  hash: string;
  module: ParsedModule;
}

const require = createRequire(import.meta.url);
const MEMORY = '.cache/code.json';
// Of a file that changed this shortly ago, a second change may leave size and times as they are: clocks are coarse.
const RACY_NS = 2_000_000_000n;

/** @param root of the workspace: each of its files is looked at once, when it is first asked for */
export function openModules(root: string): Modules {
  const version = parserVersion();
  const memory = readSealed<{ version: string; files: Record<string, Known> }>(join(root, MEMORY), 'files');
  const remembered = new Map(memory?.version === version ? Object.entries(memory.files) : []);
  const seen = new Map<string, ParsedModule | undefined>();
  const started = BigInt(Date.now()) * 1_000_000n;
  let changed = false;

  const look = (file: string): ParsedModule | undefined => {
    const path = join(root, file);
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat?.isDirectory()) return data(hashFolder(path));
    if (!stat) return undefined;
    const known = remembered.get(file);
    // The time of the last change of the inode is in it: no program can set that back.
    const stamp = `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino}`;
    if (known?.stamp === stamp) return known.module;
    const bytes = readFileSync(path);
    const hash = sha256(bytes);
    const module = known?.hash === hash ? known.module : parse(file, bytes, hash);
    remembered.set(file, { stamp: stat.ctimeNs < started - RACY_NS ? stamp : '', hash, module });
    changed = true;
    return module;
  };
  return {
    read(file) {
      if (!seen.has(file)) seen.set(file, look(file));
      return seen.get(file);
    },
    save() {
      if (!changed) return;
      const files = Object.fromEntries([...remembered].filter(([file]) => existsSync(join(root, file))));
      try {
        writeSealed(join(root, MEMORY), { version, files });
      } catch {
        // A checkout that cannot be written to: all is parsed again.
      }
      changed = false;
    },
  };
}

/** What a parsed module depends on but its text: the parser, ours and those that package.json pins. */
function parserVersion(): string {
  const parser = [join(import.meta.dirname, 'parse-module.ts'), join(import.meta.dirname, '../../../package.json')];
  return sha256(parser.map((path) => readFileSync(path, 'utf8')).join('\0'));
}

function parse(file: string, bytes: Uint8Array, hash: string): ParsedModule {
  if (!/\.m?[jt]s$/.test(file)) return data(hash);
  // Where nothing has changed, the parsers are not even loaded.
  const { parseModule } = require('./parse-module.ts') as typeof import('./parse-module.ts');
  try {
    return parseModule(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new UserError(`invalid module: ${file}. ${(error as Error).message.split('\n')[0]}. correct it`);
  }
}

/** What is no module: it counts as it is, and refers to nothing. */
function data(identity: string): ParsedModule {
  const none = { imports: [], references: [], reExports: [], exports: [], untold: [] };
  return { ...none, barrel: false, effects: true, identity };
}

function hashFolder(path: string): string {
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return sha256(
    names
      .sort()
      .map((name) => `${name.slice(path.length)}\0${sha256(readFileSync(name))}`)
      .join('\n'),
  );
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
