import type { StageInputs } from '@simclr/stage';
import { barChart, heatMap, lineChart, studyCurves } from './charts.ts';
import type { StudyConfig } from './config.ts';
import { checkStudy, parts, readItems, type StudyItem } from './items.ts';
import { renderStudy } from './page.ts';
import { paperCells } from './paper.ts';

/**
 * Draws all items of a study beside the paper's numbers, as one page.
 * @param inputs of the stage
 */
export async function drawStudy(title: string, study: StudyConfig, inputs: StageInputs): Promise<string> {
  checkStudy(inputs, study);
  const items = readItems(inputs);
  const [charts, curveCharts] = await Promise.all([
    Promise.all(resultCharts(items, study)),
    Promise.all(studyCurves(items)),
  ]);
  return renderStudy({ title, study, items, charts, curveCharts });
}

/** One chart of both, or one of each side by side. */
function resultCharts(items: StudyItem[], { chart, paper }: StudyConfig): Promise<string>[] {
  const here = items.flatMap(({ name, linear }) => (linear === undefined ? [] : [{ item: name, value: linear }]));
  if (chart.kind === 'bars') {
    return [
      barChart(
        here,
        Object.entries(paper.linear).map(([item, number]) => ({ item, value: number / 100 })),
      ),
    ];
  }
  const cells = here.map(({ item, value }) => {
    const [first, second] = parts(item);
    return { first, second, value };
  });
  const panels = [
    { title: 'Here', cells },
    { title: 'The paper, ImageNet', cells: paperCells(paper.linear, chart) },
  ].filter((panel) => panel.cells.length > 0);
  return panels.map((panel) =>
    chart.kind === 'lines' ? lineChart(panel.title, panel.cells, chart) : heatMap(panel.title, panel.cells, chart),
  );
}
