import { FEATURE_KINDS as KINDS, type ResultRow } from '@simclr/artifacts';
import { COLOURS, fractionName } from './charts.ts';
import { type Described, encoderFacts } from './encoder-facts.ts';
import { drawing, factList, type Html, html, htmlPage, percent } from './html.ts';
import type { NeighbourRow } from './images.ts';
import type { Summary } from './results.ts';

/** Everything the page shows; charts are SVG text, images data URIs. */
export interface Page {
  title: string;
  encoder: Described;
  summaries: Summary[];
  knn: ResultRow[];
  accuracyChart: string;
  curveCharts: string[];
  viewGrid: string;
  neighbours: NeighbourRow[];
}

/** In percentage points, with its sign: `+2.9`. */
const points = (difference: number): string => `${difference >= 0 ? '+' : '−'}${percent(Math.abs(difference))}`;

function headline({ by, dataset }: Summary): Html | string {
  const { pretrained, pixels } = by;
  const random = by['random-init'];
  if (!pretrained) return '';
  const gains = [
    random && `${points(pretrained.mean - random.mean)} points over the same network untrained`,
    pixels && `${points(pretrained.mean - pixels.mean)} over raw pixels`,
  ];
  return html`<p class="headline"><b>${percent(pretrained.mean)} %</b> linear accuracy on ${dataset}<br><span>${gains.filter(Boolean).join(', ')}</span></p>`;
}

/** One line of the table. */
type Line = Omit<Summary, 'labelFraction'> & { labels: string };

/** The probes of every dataset, then its kNN. */
function linesOf(summaries: Summary[], knn: ResultRow[]): Line[] {
  return [...new Set(summaries.map(({ dataset }) => dataset))].flatMap((dataset) => {
    const probes = summaries
      .filter((summary) => summary.dataset === dataset)
      .map((summary) => {
        const draws = Math.max(...KINDS.map((kind) => summary.by[kind]?.draws ?? 0));
        return { ...summary, labels: `${fractionName(summary.labelFraction)}${draws > 1 ? `, ${draws} draws` : ''}` };
      });
    const own = knn.filter((row) => row.dataset === dataset);
    if (!own[0]) return probes;
    const by = Object.fromEntries(own.map(({ features, score }) => [features, { mean: score, std: 0, draws: 1 }]));
    const { choice, trainRows, testRows } = own[0];
    return [...probes, { dataset, labels: `all labels, ${choice.k} nearest neighbours`, trainRows, testRows, by }];
  });
}

function table(lines: Line[]): Html {
  const rows = lines.map(({ dataset, labels, trainRows, testRows, by }) => {
    const best = Math.max(...KINDS.map((kind) => by[kind]?.mean ?? 0));
    const cells = KINDS.map((kind) => {
      const cell = by[kind];
      if (!cell) return html`<td>–</td>`;
      const spread = cell.draws > 1 ? html` <small>± ${percent(cell.std)}</small>` : '';
      return html`<td class="${cell.mean === best ? 'best' : ''}">${percent(cell.mean)}${spread}</td>`;
    });
    return html`<tr><th>${dataset}</th><td class="text">${labels}</td><td>${trainRows.toLocaleString('en-US')}</td>${cells}<td>${testRows.toLocaleString('en-US')}</td></tr>`;
  });
  const heads = KINDS.map((kind) => html`<th><i style="background:${COLOURS[kind]}"></i>${kind}</th>`);
  return html`<table><thead><tr><th>dataset</th><th class="text">labels</th><th>training images</th>${heads}<th>test images</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function neighbourSection(rows: NeighbourRow[]): Html {
  const image = ({ image, label }: { image: string; label: string }, kind: string) =>
    html`<figure class="${kind}"><img src="${image}" alt="${label}" title="${label}"></figure>`;
  const lines = rows.map(({ query, neighbours }) => {
    const found = neighbours.map((neighbour) => image(neighbour, neighbour.same ? 'same' : 'other'));
    return html`<div class="neighbours">${image(query, 'query')}<span>${query.label}</span>${found}</div>`;
  });
  return html`<section><h2>Nearest neighbours</h2><p>Test images (left) and the training images whose features are most alike (cosine). Green: of the same class, which the encoder
was never told. Red: of another.</p>
${lines}</section>
`;
}

/** The report as one HTML file that refers to nothing outside itself. */
export function renderPage(page: Page): string {
  const first = page.summaries[0];
  return htmlPage(
    page.title,
    html`<header><h1>${page.title}</h1>${first ? headline(first) : ''}</header>
<section><h2>What pretraining bought</h2>
<p>Test accuracy in per cent of a logistic regression on frozen features: of the pretrained encoder, of the same network
at its random initialisation, and of the raw pixels. The strength of the regularisation is chosen on a validation part of
the training images. Nearest neighbours vote without a fit. ± is the standard deviation over draws of the labelled images.</p>
<div class="wide">${drawing(page.accuracyChart)}</div>${table(linesOf(page.summaries, page.knn))}</section>
<section><h2>Pretraining</h2><div class="charts">${page.curveCharts.map(drawing)}</div></section>
<section><h2>Views</h2><p>Each training image and two of its views under <code>${page.encoder.policy}</code>. The network learns
to recognise which two views come from one image.</p><img class="grid" src="${page.viewGrid}" alt="training images and two views of each"></section>
${page.neighbours.length ? neighbourSection(page.neighbours) : ''}<section><h2>The encoder</h2>${factList(encoderFacts(page.encoder))}</section>`,
  );
}
