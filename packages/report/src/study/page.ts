import { commonFacts } from '../encoder-facts.ts';
import { drawing, factList, type Html, html, htmlPage, percent } from '../html.ts';
import type { StudyConfig } from './config.ts';
import type { StudyItem } from './items.ts';
import { paperName } from './paper.ts';

/** Everything the page of a study shows; charts are SVG text. */
export interface StudyPage {
  title: string;
  study: StudyConfig;
  items: StudyItem[];
  charts: string[];
  curveCharts: string[];
}

type Column = { head: string; paper?: boolean; text: (item: StudyItem) => Html | string | undefined };

const fraction = (value: number | undefined) => (value === undefined ? undefined : percent(value));

function columns({ paper, chart }: StudyConfig): Column[] {
  const of = (head: string, numbers: Record<string, number>): Column[] => {
    if (!Object.keys(numbers).length) return [];
    const at = (name: string) => (chart.kind === 'lines' ? html` <small>at ${paperName(name, chart)}</small>` : '');
    const text = ({ name }: StudyItem) => (name in numbers ? html`${numbers[name]!.toFixed(1)}${at(name)}` : undefined);
    return [{ head: `paper: ${head}`, paper: true, text }];
  };
  return [
    { head: 'linear', text: ({ linear }) => fraction(linear) },
    { head: 'kNN', text: ({ knn }) => fraction(knn) },
    { head: 'contrastive', text: ({ contrastAcc }) => fraction(contrastAcc) },
    { head: 'entropy, nats', text: ({ contrastEntropy }) => contrastEntropy?.toFixed(2) },
    ...of('linear', paper.linear),
    ...of('contrastive', paper.contrastAcc),
    ...of('entropy', paper.contrastEntropy),
  ];
}

function table(items: StudyItem[], study: StudyConfig): Html {
  const all = columns(study);
  const best = Math.max(...items.map(({ linear }) => linear ?? 0));
  const rows = items.map((item) => {
    const cells = all.map(({ head, paper, text }) => {
      const marks = [paper && 'paper', head === 'linear' && item.linear === best && 'best'].filter(Boolean).join(' ');
      return html`<td class="${marks}">${text(item) ?? '–'}</td>`;
    });
    return html`<tr><th>${item.name}</th>${cells}</tr>`;
  });
  const heads = all.map(({ head, paper }) => html`<th class="${paper ? 'paper' : ''}">${head}</th>`);
  return html`<table><thead><tr><th>item</th>${heads}</tr></thead><tbody>${rows}</tbody></table>`;
}

/** A study as one HTML file that refers to nothing outside itself. */
export function renderStudy({ title, study, items, charts, curveCharts }: StudyPage): string {
  return htmlPage(
    title,
    html`<header><h1>${title}</h1>${study.source ? html`<p>${study.source} of SimCLR (Chen et al. 2020), at lite scale.</p>` : ''}</header>
${study.finding ? html`<section><h2>What the paper finds</h2><p>${study.finding}</p></section>` : ''}
<section><h2>What came out here</h2>
<p>Test accuracy in per cent of a logistic regression on frozen features (linear) and of their nearest neighbours (kNN);
accuracy and entropy of the contrastive task on training views, over the last tenth of training.</p>
<div class="pairs">${charts.map((svg) => html`<div class="wide">${drawing(svg)}</div>`)}</div>${table(items, study)}</section>
${
  study.differs
    ? html`<section><h2>How this differs from the paper</h2><p>${study.differs} One run an item, of one seed: how much of a
difference is chance is not measured.</p></section>`
    : ''
}
<section><h2>Pretraining</h2><div class="pairs">${curveCharts.map(drawing)}</div></section>
<section><h2>What all items have in common</h2>${factList(commonFacts(items.map(({ encoder }) => encoder)))}</section>`,
  );
}
