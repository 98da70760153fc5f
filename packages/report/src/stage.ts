import { join } from 'node:path';
import { loadPixels } from '@simclr/shards';
import { defineStage, inputFolder, writeFileAtomic, z } from '@simclr/stage';
import { accuracyChart, curveChart, curves } from './charts.ts';
import { neighbourRows, pngFileUri } from './images.ts';
import { renderPage } from './page.ts';
import { readEncoder, readHistory, readNeighbours, readResults, summarise } from './results.ts';

/** Config of the stage `report`. */
const ReportConfig = z.strictObject({
  /** Heading of the page. */
  title: z.string().default('SimCLR'),
  /** Test images to show with their nearest neighbours. */
  queries: z.int().min(0).default(8),
});

/** Draws what the other stages found as one self-contained `report.html`, also an artifact of the run. */
export default defineStage({
  name: 'report',
  config: ReportConfig,
  async run({ config, inputs, out, log }) {
    const encoder = readEncoder(inputFolder(inputs, 'pretrain'));
    const linear = inputFolder(inputs, 'linear-eval');
    const summaries = summarise([...readResults(linear), ...readResults(inputFolder(inputs, 'transfer'))]);
    const images = join(inputFolder(inputs, 'ingest'), encoder.dataset);
    const { queries, neighbours } = readNeighbours(linear);
    const html = renderPage({
      title: config.title,
      encoder,
      summaries,
      accuracyChart: await accuracyChart(summaries),
      curveCharts: await Promise.all(curves(readHistory(inputFolder(inputs, 'pretrain'))).map(curveChart)),
      viewGrid: pngFileUri(join(inputFolder(inputs, 'augment'), 'preview.png')),
      neighbours: await neighbourRows(
        loadPixels(join(images, 'train')),
        loadPixels(join(images, 'test')),
        queries.slice(0, config.queries),
        neighbours,
      ),
    });
    writeFileAtomic(join(out, 'report.html'), html);
    log.artifact('report.html', html);
    return { metrics: {} };
  },
});
