import { parse } from 'yaml';
import type { EvaluateArguments } from './arguments.ts';

export type Wanted = Pick<EvaluateArguments, 'encoders' | 'datasets' | 'repacked'>;

/**
 * The pipeline of encoders on datasets, a task for each pair: what was made before is found again, and another encoder or
 * dataset runs what is new.
 */
export function pipelineText(pipeline: string, { encoders, datasets, repacked }: Wanted): string {
  const quoted = (value: string) => JSON.stringify(value);
  const wanted = datasets.map((name) => (repacked ? `{ name: ${quoted(name)}, repacked: true }` : quoted(name)));
  const files = Object.entries(encoders).map(([name, path]) => `${quoted(name)}: ${quoted(path)}`);
  return `# Encoders on datasets, as docs/encoders.md says.
name: ${pipeline}
config: configs/${pipeline}.json
stages:
  ingest:         { run: '@simclr/ingest', params: [ingest], matrix: { dataset: [${wanted.join(', ')}] } }
  import-encoder: { run: '@simclr/import-encoder', params: [importEncoder], matrix: { file: { ${files.join(', ')} } } }
  features:       { run: '@simclr/features', params: [features], needs: [ingest, import-encoder], each: [ingest, import-encoder] }
  transfer:       { run: '@simclr/transfer', params: [transfer], needs: [features], each: features }
  report:         { run: '@simclr/report', params: [report], needs: [ingest, import-encoder, features, transfer] }
`;
}

/** What a pipeline was written for; undefined of a text that was edited since. */
export function wantedOf(pipeline: string, text: string): Wanted | undefined {
  try {
    const { stages } = parse(text);
    const datasets: (string | { name: string })[] = stages.ingest.matrix.dataset;
    const wanted: Wanted = {
      encoders: stages['import-encoder'].matrix.file,
      datasets: datasets.map((one) => (typeof one === 'string' ? one : one.name)),
      repacked: datasets.some((one) => typeof one !== 'string'),
    };
    return pipelineText(pipeline, wanted) === text ? wanted : undefined;
  } catch {
    return undefined; // Whatever it is, it is not as it was written.
  }
}
