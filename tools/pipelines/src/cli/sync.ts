import { pipelineNames } from '../definition/pipeline.ts';
import { staleSchemas } from '../definition/schemas.ts';
import type { Workspace } from '../definition/workspace.ts';
import { dvcYamlPath, isSynced, syncDvcYaml } from '../dvc/dvc-yaml.ts';
import { areKeysSynced, keysPath, syncKeys } from '../inputs/keys.ts';

/**
 * Writes what is generated from every pipeline.yaml, config and code, where it differs; or only says what would be.
 *
 * @returns the exit code: 1 where `check` found something
 */
export async function sync(workspace: Workspace, check: boolean): Promise<number> {
  const stale: string[] = [];
  for (const name of pipelineNames(workspace.root)) {
    if (check ? !(await isSynced(workspace, name)) : await syncDvcYaml(workspace, name)) stale.push(dvcYamlPath(name));
    if (check ? !areKeysSynced(workspace, name) : syncKeys(workspace, name)) stale.push(keysPath(name));
  }
  stale.push(...(await staleSchemas(workspace, !check)));
  for (const file of stale)
    process.stdout.write(`${file}: ${check ? 'out of date. run npm run pipeline -- sync' : 'written'}\n`);
  return check && stale.length ? 1 : 0;
}
