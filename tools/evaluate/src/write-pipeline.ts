import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, writeJson } from '@simclr/stage';
import type { EvaluateArguments } from './arguments.ts';

/**
 * Writes the pipeline of one encoder on its datasets, a task for each: what was made before is found again, and another
 * encoder or dataset runs what is new.
 *
 * @returns the pipeline's name
 */
export function writePipeline(
  root: string,
  { encoder, preprocess, output, datasets, repacked, name }: EvaluateArguments,
): string {
  const pipeline = `evaluate-${name}`;
  const wanted = datasets.map((dataset) => (repacked ? `{ name: ${dataset}, repacked: true }` : dataset));
  const yaml = `# Written by npm run evaluate: one encoder on each dataset.
name: ${pipeline}
config: configs/${pipeline}.json
stages:
  ingest:         { run: '@simclr/ingest', params: [ingest], matrix: { dataset: [${wanted.join(', ')}] } }
  import-encoder: { run: '@simclr/import-encoder', params: [importEncoder] }
  features:       { run: '@simclr/features', params: [features], needs: [ingest, import-encoder], each: ingest }
  transfer:       { run: '@simclr/transfer', params: [transfer], needs: [features], each: features }
`;
  mkdirSync(join(root, 'pipelines', pipeline), { recursive: true });
  writeFileAtomic(join(root, 'pipelines', pipeline, 'pipeline.yaml'), yaml);
  writeJson(join(root, 'configs', `${pipeline}.json`), {
    seed: 0,
    ingest: {},
    importEncoder: {
      file: encoder,
      ...(preprocess !== undefined && { preprocess }),
      ...(output !== undefined && { output }),
    },
    features: {},
    transfer: {},
  });
  return pipeline;
}
