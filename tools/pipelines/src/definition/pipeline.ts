import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, UserError, z } from '@simclr/stage';
import { parseDocument } from 'yaml';
import { type Matrix, matrixOf, matrixSchema, readMatrix } from './matrix.ts';
import type { Workspace } from './workspace.ts';

const stageSchema = z.strictObject({
  /** The package whose `./stage` export does the work. */
  run: z.string(),
  /** The key of the config file that holds this stage's parameters. */
  params: z.tuple([z.string()]),
  /** The stages whose data it reads. */
  needs: z.array(z.string()).default([]),
  /** Runs the stage once for every item of that one, which it needs; its config is the same for all. */
  each: z.string().optional(),
  /** Runs the stage once for every combination; each value is put into the stage's config at its key. */
  matrix: matrixSchema.optional(),
});

const pipelineSchema = z.strictObject({
  name: z.string().regex(/^[\w-]+$/),
  /** The config file, relative to the workspace's root. */
  config: z.string(),
  stages: z.record(z.string().regex(/^[\w-]+$/), z.unknown()),
});

/** The same with what is in its stages, for editors. */
export const pipelineFile = pipelineSchema.extend({
  stages: z.record(pipelineSchema.shape.stages.keyType, stageSchema),
});

export type StageSpec = Omit<z.infer<typeof stageSchema>, 'matrix'> & { matrix?: Matrix };

export interface Pipeline {
  name: string;
  /** Relative to the root: `pipelines/<name>`. */
  dir: string;
  /** Relative to the root: `configs/<name>.json`. */
  config: string;
  stages: Record<string, StageSpec>;
}

/** What dvc.yaml calls the stage that looks at the user's folders, before those that read them. */
export const OWN_DATA_STAGE = 'own-data';

/** The names of all pipelines: the folders of `pipelines/` that hold a pipeline.yaml. */
export function pipelineNames(root: string): string[] {
  const dir = join(root, 'pipelines');
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => existsSync(join(dir, name, 'pipeline.yaml')))
    .sort();
}

/**
 * Reads `pipelines/<name>/pipeline.yaml`.
 *
 * @throws UserError one line: an unknown pipeline, stage, package or key, a wrong type, a cycle
 */
export function loadPipeline(workspace: Workspace, name: string): Pipeline {
  const names = pipelineNames(workspace.root);
  if (!names.includes(name)) {
    throw new UserError(`unknown pipeline: ${name}. must be one of: ${names.join(', ') || 'none'}`);
  }
  const dir = `pipelines/${name}`;
  const file = `${dir}/pipeline.yaml`;
  const document = parseDocument(readFileSync(join(workspace.root, file), 'utf8'));
  const broken = document.errors[0];
  if (broken) throw new UserError(`invalid yaml: ${broken.message.split('\n')[0]?.replace(/:$/, '')}. correct ${file}`);
  const parsed = parseConfig(pipelineSchema, document.toJS(), 'pipeline', file);
  if (parsed.name !== name)
    throw new UserError(`invalid name: ${parsed.name}. must be its folder's: ${name}. correct ${file}`);
  const stages: Record<string, StageSpec> = {};
  for (const [id, spec] of Object.entries(parsed.stages)) {
    const { matrix, ...rest } = parseConfig(stageSchema, spec, id, file);
    stages[id] = { ...rest, ...(matrix && { matrix: readMatrix(matrix, id, file) }) };
  }
  check(workspace, stages, file);
  return { name, dir, config: parsed.config, stages };
}

function check(workspace: Workspace, stages: Record<string, StageSpec>, file: string): void {
  const ids = Object.keys(stages);
  if (ids.includes(OWN_DATA_STAGE))
    throw new UserError(`reserved name: ${OWN_DATA_STAGE}. in dvc.yaml it looks at own images. correct ${file}`);
  for (const [id, spec] of Object.entries(stages)) {
    if (!workspace.packages.get(spec.run)?.exports['./stage']) {
      const able = [...workspace.packages.values()].filter((p) => p.exports['./stage']).map((p) => p.name);
      throw new UserError(
        `unknown package: ${id}.run = ${spec.run}. must be one of: ${able.join(', ')}. correct ${file}`,
      );
    }
    for (const need of spec.needs) {
      if (need in stages) continue;
      throw new UserError(`unknown stage: ${id}.needs = ${need}. must be one of: ${ids.join(', ')}. correct ${file}`);
    }
  }
  const cycle = findCycle(stages);
  if (cycle) throw new UserError(`cycle: ${cycle.join(' needs ')}. correct ${file}`);
  checkEach(stages, file);
}

function checkEach(stages: Record<string, StageSpec>, file: string): void {
  for (const [id, { each, needs }] of Object.entries(stages)) {
    if (each === undefined || needs.includes(each)) continue;
    throw new UserError(
      `invalid each: ${id}.each = ${each}. must be one of its needs: ${needs.join(', ') || 'none'}. correct ${file}`,
    );
  }
  for (const [id, { each }] of Object.entries(stages)) {
    if (each === undefined || Object.keys(matrixOf(stages, each)).length) continue;
    throw new UserError(`no items: ${id}.each = ${each}, which has no matrix. correct ${file}`);
  }
}

/** A path of stages that comes back to where it started, or undefined. */
function findCycle(stages: Record<string, StageSpec>): string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, path: string[]): string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const need of stages[id]!.needs) {
      const found = visit(need, [...path, id]);
      if (found) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const id of Object.keys(stages)) {
    const found = visit(id, []);
    if (found) return found;
  }
  return undefined;
}
