import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '@simclr/stage';

/** One of our own packages under `packages/`. */
export interface Package {
  name: string;
  /** Relative to the workspace's root, for example `packages/ingest`. */
  dir: string;
  dependencies: string[];
  exports: Record<string, string>;
  /** What it takes and gives as a stage, unchecked (contract.ts). */
  stage?: unknown;
}

/** The folder that holds nx.json, and our packages by name. */
export interface Workspace {
  root: string;
  packages: Map<string, Package>;
}

interface PackageJson {
  name: string;
  dependencies?: Record<string, string>;
  exports?: Record<string, string>;
  stage?: unknown;
}

/** The nearest folder at or above `from` with an nx.json: Nx calls us at the root, DVC in the pipeline's folder. */
export function findRoot(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'nx.json'))) return dir;
    if (dirname(dir) === dir) throw new UserError(`no workspace: ${from}. run this inside the repository`);
  }
}

export function openWorkspace(root: string): Workspace {
  const packages = new Map<string, Package>();
  for (const folder of readdirSync(join(root, 'packages')).sort()) {
    const dir = `packages/${folder}`;
    const file = join(root, dir, 'package.json');
    if (!existsSync(file)) continue;
    const json = JSON.parse(readFileSync(file, 'utf8')) as PackageJson;
    const dependencies = Object.keys(json.dependencies ?? {}).sort();
    packages.set(json.name, { name: json.name, dir, dependencies, exports: json.exports ?? {}, stage: json.stage });
  }
  return { root, packages };
}
