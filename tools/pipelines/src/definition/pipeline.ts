import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, UserError, z } from '@simclr/stage';
import { parseDocument } from 'yaml';
import { checkInputs, checkItems, checkPackages, findCycle, OWN_DATA_STAGE } from './check-stages.ts';
import { contractOf, wiringFor } from './contract.ts';
import { matrixSchema, readMatrix, withSeeds } from './matrix.ts';
import { needsSchema, readNeeds } from './needs.ts';
import type { Pipeline, Stages } from './stage-spec.ts';
import { expand } from './tasks.ts';
import type { Workspace } from './workspace.ts';

export type { Pipeline } from './stage-spec.ts';
export { OWN_DATA_STAGE };

const stageSchema = z.strictObject({
  /** The package whose `./stage` export does the work. */
  run: z.string(),
  /** The key of the config file that holds this stage's parameters. */
  params: z.tuple([z.string()]),
  /** The stages whose data it reads, by what they give where that is said. */
  needs: needsSchema,
  /** Runs the stage once for every item of those, which it needs; its config is the same for all. */
  each: z
    .union([z.string(), z.array(z.string())], { error: 'expected a stage, or a list of stages' })
    .default([])
    .transform((each) => [each].flat()),
  /** Runs the stage once for every combination; each value is put into the stage's config at its key. */
  matrix: matrixSchema.optional(),
  /** Repetitions of the stage, which differ in nothing but their seed, 0, 1, …: short for that key of its matrix. */
  seeds: z.int().min(2).max(1000).optional(),
  /** What it takes of the machine while it runs: cores (all, if nothing is said), GiB of memory, GPUs. */
  resources: z
    .strictObject({
      cpu: z.int().positive().optional(),
      memory: z.number().positive().optional(),
      gpu: z.int().min(0).optional(),
    })
    .default({}),
  /** How many times it is tried again where it fails; it goes on from its checkpoint. */
  retries: z.int().min(0).default(0),
  /** Seconds after which it has failed. */
  timeout: z.number().positive().max(2_000_000).optional(),
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
 * @throws UserError one line: an unknown pipeline, stage, item, package, role or key, a wrong type or kind, inputs that a
 * stage lacks or has too many of, a cycle
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
  const read = Object.entries(parsed.stages).map(([id, spec]) => ({ id, ...parseConfig(stageSchema, spec, id, file) }));
  checkPackages(workspace, read, file);
  const contracts = new Map(read.map(({ id, run }) => [id, contractOf(workspace, run)]));
  const stages: Stages = {};
  for (const { id, needs, matrix, seeds, ...rest } of read) {
    const repeated = withSeeds(matrix, seeds, id, file);
    const own = repeated && { matrix: readMatrix(repeated, id, file) };
    const read = readNeeds(id, needs, contracts, file);
    const roles = read.map(({ role }) => role);
    stages[id] = { ...rest, needs: read, folder: wiringFor(contracts.get(id)!, roles).folder, ...own };
  }
  const cycle = findCycle(stages);
  if (cycle) throw new UserError(`cycle: ${cycle.join(' needs ')}. correct ${file}`);
  checkItems(stages, file);
  const pipeline = { name, dir, config: parsed.config, stages };
  checkInputs(expand(pipeline), contracts, file);
  return pipeline;
}
