import { join } from 'node:path';
import { readEncoderInfo, readHistory, readNeighbours, readPreview, readResults } from '@simclr/artifacts';
import { loadSplit } from '@simclr/shards';
import { defineStage, inputFolder, requireInputs, writeFileAtomic, z } from '@simclr/stage';
import { accuracyChart, curveChart, curves } from './charts.ts';
import { neighbourRows, pngUri } from './images.ts';
import { renderPage } from './page.ts';
import { summarise } from './results.ts';
import { StudyConfig } from './study/config.ts';
import { checkStudy } from './study/items.ts';
import { drawStudy } from './study/study.ts';

/** Config of the stage `report`. */
const ReportConfig = z.strictObject({
  /** Heading of the page. */
  title: z.string().default('SimCLR'),
  /** Test images to show with their nearest neighbours. */
  queries: z.int().min(0).default(8),
  /** Draws a study instead: every item of a matrix of pretrain and linear-eval, beside the paper's numbers. */
  study: StudyConfig.optional(),
});
type ReportConfig = z.infer<typeof ReportConfig>;

/** Draws what the other stages found as one self-contained `report.html`, also an artifact of the run. */
export default defineStage({
  name: 'report',
  config: ReportConfig,
  plan({ study }, inputs) {
    if (study) checkStudy(inputs, study);
    else requireInputs(inputs, 'report', ['ingest', 'augment', 'pretrain', 'linear-eval']);
    return { facts: {} };
  },
  async run({ config, inputs, out, log }) {
    const { title, study } = config;
    const html = study ? await drawStudy(title, study, inputs) : await drawPipeline(config, inputs);
    writeFileAtomic(join(out, 'report.html'), html);
    log.artifact('report.html', html);
    return { metrics: {} };
  },
});

async function drawPipeline({ title, queries: shown }: ReportConfig, inputs: Record<string, string>): Promise<string> {
  const encoder = readEncoderInfo(inputFolder(inputs, 'pretrain'));
  const linear = inputFolder(inputs, 'linear-eval');
  const evaluations = (inputs.transfer === undefined ? [linear] : [linear, inputs.transfer]).map(readResults);
  const summaries = summarise(evaluations.flatMap(({ rows }) => rows));
  const images = join(inputFolder(inputs, 'ingest'), encoder.dataset);
  const { queries, neighbours } = readNeighbours(linear);
  return renderPage({
    title,
    encoder,
    summaries,
    knn: evaluations.flatMap(({ knn }) => knn),
    accuracyChart: await accuracyChart(summaries),
    curveCharts: await Promise.all(curves(readHistory(inputFolder(inputs, 'pretrain'))).map(curveChart)),
    viewGrid: pngUri(readPreview(inputFolder(inputs, 'augment'))),
    neighbours: await neighbourRows(
      loadSplit(join(images, 'train')),
      loadSplit(join(images, 'test')),
      queries.slice(0, shown),
      neighbours,
    ),
  });
}
