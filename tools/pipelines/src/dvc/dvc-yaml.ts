import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { stringify } from 'yaml';
import { type ConfigFile, loadConfigFile } from '../definition/config-file.ts';
import { matrixOf } from '../definition/matrix.ts';
import { loadPipeline, OWN_DATA_STAGE, type Pipeline } from '../definition/pipeline.ts';
import type { Matrix, StageSpec } from '../definition/stage-spec.ts';
import { expand, isFixed, isNamed, outFolder, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { keyField, keyFields, keysFile, ownDataFile } from '../inputs/keys.ts';
import { ownSources } from '../inputs/own-data.ts';

const header = '# Generated from pipeline.yaml: `npx nx sync` writes it, `npx nx sync:check` compares. Do not edit.\n';

// From a pipeline's folder, where DVC runs commands and resolves paths.
const up = '../..';

/** Where the generated file is, relative to the root. */
export function dvcYamlPath(pipeline: string): string {
  return `pipelines/${pipeline}/dvc.yaml`;
}

/** The text of dvc.yaml for a pipeline. */
export async function dvcYaml(workspace: Workspace, name: string): Promise<string> {
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  const reading = await stagesWithOwnData(workspace, loadConfigFile(workspace.root, pipeline), tasks);
  const stages = Object.keys(pipeline.stages).map((stage) => {
    return [stage, dvcStage(pipeline, stage, tasks, reading.has(stage))];
  });
  const look = { [OWN_DATA_STAGE]: lookFirst(pipeline) };
  return header + stringify({ stages: { ...look, ...Object.fromEntries(stages) } }, { lineWidth: 0 });
}

/** The stages, of those that `tasks` are of, whose config names folders or files of the user's. */
export async function stagesWithOwnData(workspace: Workspace, config: ConfigFile, tasks: Task[]): Promise<Set<string>> {
  const sources = await Promise.all(tasks.map((task) => ownSources(workspace, config, task)));
  return new Set(tasks.filter((_, i) => sources[i]!.length).map(({ stage }) => stage));
}

/** The command of DVC's that calls us, from a pipeline's folder. */
export const glue = (command: string) =>
  `exec ${up}/node_modules/.bin/node ${up}/tools/pipelines/src/main.ts ${command}`;

/**
 * Before all others: DVC by hand has to see what changed in the user's folders, and in the code, each time. It brings
 * keys.json in line too, which is no output of it: that would be an arrow to every stage in the picture of the pipeline.
 */
const lookFirst = (pipeline: Pipeline) => ({
  cmd: glue(`own-data ${pipeline.name}`),
  always_changed: true,
  outs: [{ [ownDataFile]: { cache: false } }],
});

function dvcStage(pipeline: Pipeline, stage: string, tasks: Task[], ownData: boolean) {
  const spec = pipeline.stages[stage]!;
  const matrix = matrixOf(pipeline.stages, stage);
  const id = templateId(stage, Object.keys(matrix), matrix);
  const out = outFolder(id);
  const needs = spec.needs.flatMap((need) => {
    const keys = Object.keys(matrixOf(pipeline.stages, need.stage));
    const own = isFixed(need, spec) ? {} : matrix;
    const items = tasks.filter((task) => isNamed(need, task)).map((task) => task.item);
    return [...new Set(items.map((item) => outFolder(templateId(need.stage, keys, own, item))))];
  });
  return {
    ...(Object.keys(matrix).length > 0 && { matrix: dvcMatrix(matrix) }),
    cmd: glue(`exec ${pipeline.name} ${id}`),
    ...(needs.length > 0 && { deps: needs.map((folder) => `${folder}/data`) }),
    params: Object.entries(comparedKeys(pipeline, spec, id, ownData)).map(([file, keys]) => ({ [file]: keys })),
    // DVC remembers no runs of a stage with an output that persists: it would take for the same those whose configs
    // differ in keys called `size` or `nfiles`, and bring back the data of another config (3.67, stage/cache.py).
    outs: [`${out}/data`, { [`${out}/run.json`]: { persist: true } }],
    metrics: [`${out}/metrics.json`],
  };
}

/**
 * The keys that DVC compares for a stage, by file relative to the pipeline's folder.
 *
 * @param ownData whether the stage reads folders or files of the user's
 */
export function comparedKeys(
  pipeline: Pipeline,
  { needs, params }: StageSpec,
  id: string,
  ownData: boolean,
): Record<string, string[]> {
  return {
    [keysFile]: keyFields(id),
    // What needs nothing waits for the look by this, and all the rest for that.
    ...(ownData || !needs.length ? { [ownDataFile]: [keyField(id)] } : {}),
    [`${up}/${pipeline.config}`]: ['seed', ...params],
  };
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

/** Writes dvc.yaml where it differs. Returns whether it did. */
export async function syncDvcYaml(workspace: Workspace, name: string): Promise<boolean> {
  const text = await dvcYaml(workspace, name);
  if (written(workspace, name) === text) return false;
  writeFileAtomic(join(workspace.root, dvcYamlPath(name)), text);
  return true;
}

export async function isSynced(workspace: Workspace, name: string): Promise<boolean> {
  return written(workspace, name) === (await dvcYaml(workspace, name));
}

/** DVC goes by dvc.yaml: throws a one-line UserError where that is not pipeline.yaml's. */
export async function requireSynced(workspace: Workspace, name: string): Promise<void> {
  if (await isSynced(workspace, name)) return;
  throw new UserError(`out of date: ${dvcYamlPath(name)}. run npx nx sync`);
}

function written(workspace: Workspace, name: string): string | undefined {
  const path = join(workspace.root, dvcYamlPath(name));
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
