import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, z } from '@simclr/stage';
import { isObject } from './config-file.ts';
import { loadPipeline, pipelineFile, pipelineNames } from './pipeline.ts';
import { loadStage } from './stages.ts';
import { expand, type Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/*
 * JSON Schemas for editors, from the schemas by which we check: of pipeline.yaml, of each stage's config, and of each
 * pipeline's config file, which names its own by `$schema`. What a `refine` says is not in them.
 */

type JsonSchema = Record<string, unknown>;

const FOLDER = 'configs/schemas';

/** What is written in a file, before defaults are filled in. */
const written = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;

/** All schemas, each a path relative to the root and its text. */
async function schemaFiles(workspace: Workspace): Promise<Map<string, string>> {
  const files = new Map<string, JsonSchema>([[`${FOLDER}/pipeline.yaml.json`, pipelineSchema(workspace)]]);
  for (const name of pipelineNames(workspace.root)) {
    const tasks = expand(loadPipeline(workspace, name));
    const sections: JsonSchema = {};
    for (const [stage, [first]] of Map.groupBy(tasks, (task) => task.stage)) {
      const own = written((await loadStage(workspace, first!)).config);
      const file = `stages/${first!.spec.run.replace(/.*\//, '')}.json`;
      files.set(`${FOLDER}/${file}`, own);
      sections[first!.spec.params[0]] = withoutMatrix(own, tasks, stage) ?? { $ref: file };
    }
    files.set(`${FOLDER}/${name}.json`, configSchema(sections));
  }
  return new Map([...files].map(([path, schema]) => [path, `${JSON.stringify(schema, null, 2)}\n`]));
}

/** Of pipeline.yaml, with the packages that are stages here. */
function pipelineSchema({ packages }: Workspace): JsonSchema {
  const stages = [...packages.values()].filter(({ exports }) => exports['./stage']).map(({ name }) => name);
  const stage = pipelineFile.shape.stages.valueType.extend({ run: z.enum(stages) });
  return written(pipelineFile.extend({ stages: z.record(pipelineFile.shape.stages.keyType, stage) }));
}

function configSchema(sections: JsonSchema): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { $schema: { type: 'string' }, seed: { type: 'integer' }, ...sections },
    required: ['seed', ...Object.keys(sections)],
    additionalProperties: false,
  };
}

/** The schema of a section in whose place the stage's matrix gives some keys; undefined where it requires none of them. */
function withoutMatrix(schema: JsonSchema, tasks: readonly Task[], stage: string): JsonSchema | undefined {
  const given = new Set(tasks.filter((task) => task.stage === stage).flatMap(({ values }) => Object.keys(values)));
  const own = structuredClone(schema);
  const required = [...given].filter((path) => release(own, path.split('.')));
  return required.length ? own : undefined;
}

/** Takes the key at the path out of what is required. Returns whether it was. */
function release(schema: JsonSchema, [key, ...deeper]: string[]): boolean {
  const below = isObject(schema.properties) ? schema.properties[key!] : undefined;
  if (deeper.length) return isObject(below) && release(below, deeper);
  if (!Array.isArray(schema.required) || !schema.required.includes(key)) return false;
  schema.required = schema.required.filter((each) => each !== key);
  return true;
}

/** The schemas that differ from what is on the disk, as paths relative to the root; `write` writes them. */
export async function staleSchemas(workspace: Workspace, write: boolean): Promise<string[]> {
  const files = await schemaFiles(workspace);
  const stale = [...files].filter(([path, text]) => {
    const file = join(workspace.root, path);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
  if (write) for (const [path, text] of stale) writeFileAtomic(join(workspace.root, path), text);
  return stale.map(([path]) => path);
}
