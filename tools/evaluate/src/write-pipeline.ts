import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { requireAlone } from '../../pipelines/src/launch/open-session.ts';
import type { EvaluateArguments } from './arguments.ts';
import { pipelineText, wantedOf } from './pipeline-text.ts';

/** A pipeline's files as they were written. */
export interface Written {
  /** The pipeline's name. */
  pipeline: string;
  /** Puts back what was there before. */
  undo(): void;
}

/**
 * Writes the pipeline of encoders on datasets, and its config where there is none: what was changed in that stays.
 *
 * @throws UserError where that would undo somebody's edits, replace another encoder's pipeline, or change one that runs
 */
export function writePipeline(root: string, wanted: EvaluateArguments): Written {
  const { name, named, encoders } = wanted;
  const pipeline = `evaluate-${name}`;
  const dir = `pipelines/${pipeline}`;
  const [yaml, config] = [join(root, dir, 'pipeline.yaml'), join(root, 'configs', `${pipeline}.json`)];
  const before = textOf(yaml);
  if (before !== undefined) {
    const made = wantedOf(pipeline, before);
    if (!made)
      throw new UserError(
        `edited: ${dir}/pipeline.yaml is not as this command writes it, and stays. npm run pipeline -- run ${pipeline}, or give another --name`,
      );
    const other = Object.entries(made.encoders).find(([each, path]) => (encoders[each] ?? path) !== path);
    if (other && !named)
      throw new UserError(
        `another encoder: ${pipeline} is of ${other[1]}. give --name, the same or another, or remove ${dir}`,
      );
  }
  const texts = new Map([
    [yaml, pipelineText(pipeline, wanted)],
    [config, configText(wanted, config, textOf(config))],
  ]);
  const kept = [...texts.keys()].map((path) => [path, textOf(path)] as const);
  const isNew = !existsSync(dirname(yaml));
  if (kept.every(([path, text]) => text === texts.get(path))) return { pipeline, undo() {} };
  requireAlone(root, { name: pipeline, dir });
  mkdirSync(dirname(yaml), { recursive: true });
  for (const [path, text] of texts) writeFileAtomic(path, text);
  return {
    pipeline,
    undo() {
      for (const [path, text] of kept)
        if (text === undefined) rmSync(path);
        else writeFileAtomic(path, text);
      if (isNew) rmSync(dirname(yaml), { recursive: true });
    },
  };
}

/** Of a config that is there, what the options say alone is another. */
function configText({ name, preprocess, output }: EvaluateArguments, path: string, before: string | undefined): string {
  const options = Object.entries({ preprocess, output });
  if (before === undefined) {
    const said = Object.fromEntries(options.filter(([, value]) => value !== undefined));
    const report = { title: `Table 8: ${name}`, table8: {} };
    const config = { seed: 0, ingest: { missing: 'name' }, importEncoder: said, features: {}, transfer: {}, report };
    return `${JSON.stringify(config, null, 2)}\n`;
  }
  const config = JSON.parse(before) as { importEncoder?: Record<string, unknown> };
  const own = config.importEncoder ?? {};
  for (const [key, value] of options)
    if (value === undefined && own[key] !== undefined)
      throw new UserError(
        `said before: importEncoder.${key} of ${path} is ${JSON.stringify(own[key])}. give --${key}, or take it out there`,
      );
  const changed = options.filter(([key, value]) => value !== own[key]);
  if (!changed.length) return before;
  return `${JSON.stringify({ ...config, importEncoder: { ...own, ...Object.fromEntries(changed) } }, null, 2)}\n`;
}

const textOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
