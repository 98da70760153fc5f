import { type Html, html } from '../../html.ts';
import { flagNotes, missingNote, omissionNotes } from '../formats/sheet.ts';
import type { Table } from '../table.ts';

/** What a reader must know before the numbers: what is flagged, what is not here, and what could not be done. */
export function warningSections({ columns, flags, omissions }: Table): Html[] {
  const missing = columns.filter((column) => column.missing);
  return [
    ...(flags.length
      ? [
          html`<section class="warning"><h2>Flagged</h2><ul>${flagNotes(flags).map((note) => html`<li>${note}</li>`)}</ul></section>
`,
        ]
      : []),
    ...(missing.length
      ? [
          html`<section class="absent"><h2>Missing datasets</h2><p>${missing.length} of ${columns.length} datasets are not on this machine, and have no numbers.</p>
<details><summary>what is to be done</summary><ul>${missing.map((column) => html`<li>${missingNote(column)}</li>`)}</ul></details></section>
`,
        ]
      : []),
    ...(omissions.length
      ? [
          html`<section class="absent"><h2>Not done</h2><ul>${omissionNotes(omissions).map((note) => html`<li>${note}</li>`)}</ul></section>
`,
        ]
      : []),
  ];
}
