import { posix } from 'node:path';
import { UserError } from '@simclr/stage';
import type { Workspace } from '../../definition/workspace.ts';
import { type Lock, readLock, type Versions, versionsOf } from '../npm-lock.ts';
import { type Modules, openModules } from './modules.ts';
import { reach } from './reach.ts';

/** What a stage's result depends on, besides its config and data. */
export interface StageCode {
  /** Each file of ours that it reaches → its identity, equal where only prose, types or layout differ. */
  files: Record<string, string>;
  /** The npm packages that those import, and what they need. */
  versions: Versions;
  /** What the files load by a name that no one can follow; boundaries.test.ts knows of each. */
  untold: string[];
}

interface Known {
  modules: Modules;
  lock: Lock;
  stages: Map<string, StageCode>;
}
const known = new WeakMap<Workspace, Known>();

/**
 * The code of a package's stage, as it was when this workspace was first asked for it. What plans it is no part of that.
 *
 * @param name of the package
 * @param folder of its exports
 * @throws UserError one line: an import that leads nowhere, a file that does not parse, a package that is not installed
 */
export function stageCode(workspace: Workspace, name: string, folder = '.'): StageCode {
  const { modules, lock, stages } = known.get(workspace) ?? begin(workspace);
  const wanted = `${folder}/stage`;
  const had = stages.get(`${name} ${folder}`);
  if (had) return had;
  const own = workspace.packages.get(name);
  const entry = own?.exports[wanted];
  if (!own || !entry) throw new UserError(`no stage: ${name}. its package.json exports no ${wanted}`);
  const { files, externals, untold } = reach(workspace, posix.join(own.dir, entry), modules.read);
  const code = { files, versions: versionsOf(lock, externals), untold };
  stages.set(`${name} ${folder}`, code);
  return code;
}

/** Writes what was parsed: the next process need not parse it again. */
export function rememberCode(workspace: Workspace): void {
  known.get(workspace)?.modules.save();
}

function begin(workspace: Workspace): Known {
  const { root } = workspace;
  const fresh: Known = { modules: openModules(root), lock: readLock(root), stages: new Map() };
  known.set(workspace, fresh);
  return fresh;
}
