import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, UserError, z } from '@simclr/stage';
import type { Pipeline } from './pipeline.ts';

const schema = z.array(
  z.strictObject({
    /** The stage that measures it. */
    stage: z.string(),
    /** Of what, with its unit: `linear evaluation, test top-1 accuracy, %`. */
    what: z.string(),
    value: z.number(),
    /** Who measured it, and with what. */
    source: z.string(),
  }),
);

/** A result that a pipeline should come to. */
export type Expected = z.infer<typeof schema>[number];

/**
 * Reads `pipelines/<name>/expected.json`: results that the pipeline should come to, and who says so. It is no part of the
 * config, so that a correction makes no stage run again. No file, no expectations.
 *
 * @throws UserError one line: broken JSON, an unknown key or stage
 */
export function loadExpected(root: string, pipeline: Pipeline): Expected[] {
  const file = `${pipeline.dir}/expected.json`;
  if (!existsSync(join(root, file))) return [];
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(join(root, file), 'utf8'));
  } catch (error) {
    throw new UserError(`invalid json: ${(error as Error).message.split('\n')[0]}. correct ${file}`);
  }
  const expected = parseConfig(schema, json, 'expected', file);
  const ids = Object.keys(pipeline.stages);
  const unknown = expected.find(({ stage }) => !ids.includes(stage));
  if (unknown)
    throw new UserError(`unknown stage: ${unknown.stage}. must be one of: ${ids.join(', ')}. correct ${file}`);
  return expected;
}
