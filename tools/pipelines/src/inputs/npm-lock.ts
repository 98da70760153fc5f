import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { type Code, codeOf, type Workspace } from '../definition/workspace.ts';

/** The file in which npm pins versions; Nx and DVC both track single keys of it. */
export const lockFile = 'package-lock.json';

interface LockJson {
  packages: Record<string, { version: string } | undefined>;
}

/** A pinned dependency: its place in package-lock.json and its version. */
export interface Pin {
  name: string;
  /** `node_modules/sharp`, or below one of our packages where versions differ. */
  place: string;
  version: string;
}

/** The npm packages that a stage's code takes directly, as package-lock.json pins them. */
export function pinsOf(workspace: Workspace, stagePackage: string): Pin[] {
  const code = codeOf(workspace, stagePackage);
  if (!code.externals.length) return [];
  const lock = JSON.parse(readFileSync(join(workspace.root, lockFile), 'utf8')) as LockJson;
  return code.externals.flatMap((name) => pins(lock, code, name));
}

function pins(lock: LockJson, code: Code, name: string): Pin[] {
  const found = new Map<string, Pin>();
  for (const user of code.packages.filter((own) => own.dependencies.includes(name))) {
    const place = [`${user.dir}/node_modules/${name}`, `node_modules/${name}`].find((at) => lock.packages[at]);
    if (!place) throw new UserError(`not installed: ${name}, which ${user.dir} depends on. run npm install`);
    found.set(place, { name, place, version: lock.packages[place]!.version });
  }
  return [...found.values()];
}

/** The key of a pin's version in package-lock.json, as Nx and DVC write it. */
export const pinField = (pin: Pin): string => `packages.${pin.place}.version`;
