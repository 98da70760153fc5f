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
  const yaml = `# One encoder on each dataset, as docs/encoders.md says.
name: ${pipeline}
config: configs/${pipeline}.json
stages:
  ingest:         { run: '@simclr/ingest', params: [ingest], matrix: { dataset: [${wanted.join(', ')}] } }
  import-encoder: { run: '@simclr/import-encoder', params: [importEncoder], matrix: { file: { ${name}: ${JSON.stringify(encoder)} } } }
  features:       { run: '@simclr/features', params: [features], needs: [ingest, import-encoder], each: [ingest, import-encoder] }
  transfer:       { run: '@simclr/transfer', params: [transfer], needs: [features], each: features }
  report:         { run: '@simclr/report', params: [report], needs: [ingest, import-encoder, features, transfer] }
`;
  mkdirSync(join(root, 'pipelines', pipeline), { recursive: true });
  writeFileAtomic(join(root, 'pipelines', pipeline, 'pipeline.yaml'), yaml);
  writeJson(join(root, 'configs', `${pipeline}.json`), {
    seed: 0,
    ingest: { missing: 'name' },
    importEncoder: {
      ...(preprocess !== undefined && { preprocess }),
      ...(output !== undefined && { output }),
    },
    features: {},
    transfer: {},
    report: { title: `Table 8: ${name}`, table8: {} },
  });
  return pipeline;
}
