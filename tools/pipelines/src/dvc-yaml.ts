import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';
import { stringify } from 'yaml';
import { type Matrix, matrixOf } from './matrix.ts';
import { lockFile, pinField, pinsOf } from './npm-lock.ts';
import { loadPipeline, type Pipeline } from './pipeline.ts';
import { expand, outFolder, type Task, valuesDigest } from './tasks.ts';
import { codeOf, type Workspace } from './workspace.ts';

const header = '# Generated from pipeline.yaml: `npx nx sync` writes it, `npx nx sync:check` compares. Do not edit.\n';

// From a pipeline's folder, where DVC runs commands and resolves paths.
const up = '../..';

/** Where the generated file is, relative to the root. */
export function dvcYamlPath(pipeline: string): string {
  return `pipelines/${pipeline}/dvc.yaml`;
}

/** The text of dvc.yaml for a pipeline. */
export function dvcYaml(workspace: Workspace, name: string): string {
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  const stages = Object.fromEntries(
    Object.keys(pipeline.stages).map((stage) => [stage, dvcStage(workspace, pipeline, stage, tasks)]),
  );
  return header + stringify({ stages }, { lineWidth: 0 });
}

function dvcStage(workspace: Workspace, pipeline: Pipeline, stage: string, tasks: Task[]) {
  const spec = pipeline.stages[stage]!;
  const matrix = matrixOf(pipeline.stages, stage);
  const own = tasks.filter((task) => task.stage === stage);
  const named = own.some(valuesDigest);
  const id = templateId(stage, Object.keys(matrix), matrix);
  const out = outFolder(id);
  const pins = pinsOf(workspace, spec.run).map(pinField);
  const needs = spec.needs.flatMap((need) => {
    const keys = Object.keys(matrixOf(pipeline.stages, need));
    const items = tasks.filter((task) => task.stage === need).map((task) => task.item);
    return [...new Set(items.map((item) => outFolder(templateId(need, keys, matrix, item))))];
  });
  const template = {
    cmd: `exec ${up}/node_modules/.bin/node ${up}/tools/pipelines/src/main.ts exec ${pipeline.name} ${id}${named ? ` \${item.values}` : ''}`,
    deps: [
      ...codeOf(workspace, spec.run).packages.map(({ dir }) => `${up}/${dir}/src`),
      ...needs.map((folder) => `${folder}/data`),
    ],
    params: [
      { [`${up}/${pipeline.config}`]: ['seed', ...spec.params] },
      ...(pins.length ? [{ [`${up}/${lockFile}`]: pins }] : []),
    ],
    outs: [`${out}/data`, `${out}/run.json`],
    metrics: [{ [`${out}/metrics.json`]: { cache: false } }],
  };
  if (named) return { foreach: Object.fromEntries(own.map(dvcItem)), do: template };
  return { ...(Object.keys(matrix).length > 0 && { matrix: dvcMatrix(matrix) }), ...template };
}

/** A task's id with DVC's `${item.key}` for the keys of the stage that is written, and names for the others. */
function templateId(stage: string, keys: string[], own: object, item: Task['item'] = {}): string {
  const parts = keys.map((key) => (key in own ? `\${item.${dvcKey(key)}}` : String(item[key])));
  return parts.length ? `${stage}@${parts.join('-')}` : stage;
}

// A dot in a key would mean a nested value to DVC. Values are text, so that 1.0 and 1 have one name everywhere.
const dvcKey = (key: string) => key.replaceAll('.', '_');
const dvcMatrix = (matrix: Matrix) =>
  Object.fromEntries(Object.entries(matrix).map(([key, values]) => [dvcKey(key), values.map(({ name }) => name)]));

/**
 * An item of DVC's `foreach`, which can hold more than the names: DVC has to see, in the command, that a name stands for
 * something else than before.
 */
const dvcItem = (task: Task): [string, object] => {
  const names = Object.entries(task.item).map(([key, name]) => [dvcKey(key), name]);
  return [Object.values(task.item).join('-'), { ...Object.fromEntries(names), values: valuesDigest(task) }];
};

/** Writes dvc.yaml where it differs. Returns whether it did. */
export function syncDvcYaml(workspace: Workspace, name: string): boolean {
  if (isSynced(workspace, name)) return false;
  writeFileAtomic(join(workspace.root, dvcYamlPath(name)), dvcYaml(workspace, name));
  return true;
}

export function isSynced(workspace: Workspace, name: string): boolean {
  const path = join(workspace.root, dvcYamlPath(name));
  return existsSync(path) && readFileSync(path, 'utf8') === dvcYaml(workspace, name);
}
