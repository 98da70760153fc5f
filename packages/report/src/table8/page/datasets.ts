import { type Html, html } from '../../html.ts';
import type { Column } from '../columns.ts';
import { SHOWN_DIGEST } from '../encoders.ts';
import { METRIC_NAMES } from '../formats/sheet.ts';

const number = (value: number): string => value.toLocaleString('en-US');

/** What each dataset is here: its rows, what was left out of it, and the digests by which two people see that they have the same. */
export function datasetSection(columns: readonly Column[]): Html {
  const rows = columns.map(({ title, metric, info, missing }) => {
    if (!info) {
      const why = missing ? `missing: ${missing.files.join(', ')}` : 'not among the inputs of the report';
      return html`<tr><th class="text">${title}</th><td class="text">${METRIC_NAMES[metric]}</td><td class="text missing" colspan="7">${why}</td></tr>`;
    }
    const { train, validation, test } = info.splits;
    const digest = (list: string | undefined) =>
      html`<td class="text"><code>${list?.slice(0, SHOWN_DIGEST) ?? '–'}</code></td>`;
    const leftOut = info.skipped + info.missing;
    return html`<tr><th class="text">${title}</th><td class="text">${METRIC_NAMES[metric]}</td><td>${number(info.classes)}</td><td>${number(train.rows)}</td><td>${validation ? number(validation.rows) : '–'}</td><td>${number(test.rows)}</td><td class="${leftOut ? 'left-out' : ''}">${number(leftOut)}</td>${digest(train.list)}${digest(test.list)}</tr>`;
  });
  return html`<section><h2>Datasets</h2><p>Images left out could not be decoded, or were not in the archive; skipped.jsonl beside the
dataset names each. A digest is of the names and labels of a split, whatever their order.</p>
<div class="wide"><table><thead><tr><th class="text">dataset</th><th class="text">metric</th><th>classes</th><th>train</th><th>validation</th><th>test</th><th>left out</th><th class="text">digest of train</th><th class="text">of test</th></tr></thead><tbody>${rows}</tbody></table></div></section>
`;
}
