import { join } from 'node:path';
import {
  hasNeighbours,
  readEncoderInfo,
  readHistory,
  readNeighbours,
  readPreview,
  readResults,
} from '@simclr/artifacts';
import { inputDatasets, loadSplit } from '@simclr/shards';
import { defineStage, inputFolder, inputsOf, type StageInputs, type StageLog, writeFileAtomic } from '@simclr/stage';
import { accuracyChart, curveChart, curves } from './charts.ts';
import { ReportConfig } from './config.ts';
import { type NeighbourRow, neighbourRows, pngUri } from './images.ts';
import { renderPage } from './page.ts';
import { summarise } from './results.ts';
import { studyOf } from './study/items.ts';
import { drawStudy } from './study/study.ts';
import { drawTable8 } from './table8/table8.ts';

/**
 * Draws what the other stages found as one self-contained `report.html`, also an artifact of the run; a table also as
 * `table.{csv,json,md,tex}`, and `summary.txt` for the console.
 */
export default defineStage({
  name: 'report',
  config: ReportConfig,
  async run({ config, inputs, out, log, seed }) {
    const { title, table8 } = config;
    const study = studyOf(config, inputs);
    if (table8) {
      const { files, metrics } = await drawTable8(title, table8, { inputs, seed });
      for (const [name, text] of Object.entries(files)) {
        writeFileAtomic(join(out, name), text);
        log.artifact(name, text);
      }
      return { metrics };
    }
    const html = study ? await drawStudy(title, study, inputs) : await drawPipeline(config, inputs, log);
    writeFileAtomic(join(out, 'report.html'), html);
    log.artifact('report.html', html);
    return { metrics: {} };
  },
});

async function drawPipeline(config: ReportConfig, inputs: StageInputs, log: StageLog): Promise<string> {
  const pretrained = inputFolder(inputs, 'encoder');
  const rows = inputsOf(inputs, 'results').flatMap(({ folder }) => readResults(folder).rows);
  const summaries = summarise(rows.filter(({ protocol }) => protocol === 'linear'));
  return renderPage({
    title: config.title,
    encoder: readEncoderInfo(pretrained),
    summaries,
    knn: rows.filter(({ protocol }) => protocol === 'knn'),
    accuracyChart: await accuracyChart(summaries),
    curveCharts: await Promise.all(curves(readHistory(pretrained)).map(curveChart)),
    viewGrid: pngUri(readPreview(inputFolder(inputs, 'views'))),
    neighbours: await shownNeighbours(config.queries, inputs, log),
  });
}

/** Those of the first results that have some, where their dataset is given too. */
async function shownNeighbours(queries: number, inputs: StageInputs, log: StageLog): Promise<NeighbourRow[]> {
  const folder = inputsOf(inputs, 'results').find((results) => hasNeighbours(results.folder))?.folder;
  if (folder === undefined || queries === 0) return [];
  const name = readResults(folder).rows[0]?.dataset;
  const dataset = inputDatasets(inputs).find((given) => given.name === name);
  if (!dataset) {
    log.info(`no nearest neighbours shown: needs in pipeline.yaml has no dataset ${name}`);
    return [];
  }
  const found = readNeighbours(folder);
  const split = (part: string) => loadSplit(join(dataset.ingest, dataset.name, part));
  return neighbourRows(split('train'), split('test'), found.queries.slice(0, queries), found.neighbours);
}
