import type { Tree } from '@nx/devkit';
import { pipelineNames } from '../definition/pipeline.ts';
import { openWorkspace } from '../definition/workspace.ts';
import { dvcYaml, dvcYamlPath } from '../dvc/dvc-yaml.ts';
import { keysPath, keysText } from '../inputs/keys.ts';

/** `npx nx sync` and `npx nx sync:check`: dvc.yaml and keys.json beside every pipeline.yaml. */
export default async function syncGenerator(tree: Tree): Promise<{ outOfSyncMessage: string }> {
  const workspace = openWorkspace(tree.root);
  for (const name of pipelineNames(tree.root)) {
    const files = { [dvcYamlPath(name)]: await dvcYaml(workspace, name), [keysPath(name)]: keysText(workspace, name) };
    for (const [path, text] of Object.entries(files)) if (tree.read(path, 'utf8') !== text) tree.write(path, text);
  }
  return { outOfSyncMessage: 'dvc.yaml or keys.json differs from pipeline.yaml and its config' };
}
