import type { Tree } from '@nx/devkit';
import { dvcYaml, dvcYamlPath } from './dvc-yaml.ts';
import { pipelineNames } from './pipeline.ts';
import { openWorkspace } from './workspace.ts';

/** `npx nx sync` and `npx nx sync:check`: dvc.yaml beside every pipeline.yaml. */
export default async function syncGenerator(tree: Tree): Promise<{ outOfSyncMessage: string }> {
  const workspace = openWorkspace(tree.root);
  for (const name of pipelineNames(tree.root)) {
    const text = dvcYaml(workspace, name);
    if (tree.read(dvcYamlPath(name), 'utf8') !== text) tree.write(dvcYamlPath(name), text);
  }
  return { outOfSyncMessage: 'dvc.yaml differs from pipeline.yaml' };
}
