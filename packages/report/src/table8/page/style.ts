/** What the table's page has beside the style of all pages. */
export const TABLE_STYLE = `
main { max-width: 1240px; }
h3 { font-size: 15px; margin: 18px 0 8px; }
section.warning { border-color: #d64545; border-left-width: 6px; }
section.absent { border-left: 6px solid #e69f00; }
section.warning ul, section.absent ul { margin: 8px 0 0; padding-left: 20px; }
li { overflow-wrap: anywhere; margin-bottom: 4px; }
summary { cursor: pointer; color: #0072b2; }
section.scores { padding: 22px 0 8px; overflow: visible; }
section.scores > h2, section.scores > p { padding: 0 24px; }
.scores table { margin-top: 0; }
.scores th:first-child { position: sticky; left: 0; background: #fff; z-index: 1; padding-left: 24px; font-weight: 500; max-width: 240px; overflow: hidden; text-overflow: ellipsis; }
.scores thead th { vertical-align: bottom; white-space: normal; line-height: 1.2; }
.scores thead small { display: block; font-size: 11px; margin-top: 3px; }
thead button { all: unset; cursor: pointer; color: var(--ink); font-weight: 600; }
thead button:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
th[aria-sort=descending] button::after { content: " ↓"; }
th[aria-sort=ascending] button::after { content: " ↑"; }
tr.block th { text-align: left; background: #f0f3f6 !important; font-weight: 600; max-width: none; }
.scores tr.block th { position: static; overflow: visible; }
tr.block span { position: sticky; left: 24px; }
tr.baseline th, tr.baseline td { color: var(--dim); }
tr.paper th, tr.paper td { color: var(--dim); font-style: italic; background: #fbfaf6 !important; }
tr.omitted td, td.missing, th.missing, th.missing button { color: #9aa5b1; }
td sup { font-weight: 700; }
td.left-out { color: var(--bad); }
td.long { white-space: normal; min-width: 260px; overflow-wrap: anywhere; }
td.best { color: var(--ink); }
td.flagged, td sup { color: var(--bad); }
.scores td { padding: 6px 7px; line-height: 1.25; }
.scores td small { display: block; font-size: 11px; }
.scores td[title] { cursor: help; }
.scores output { display: block; min-height: 3em; padding: 8px 24px 0; font-size: 13px; color: var(--dim); }
.confusions { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 8px 28px; }
.matrix { width: auto; margin-top: 0; }
.matrix th, .matrix td { padding: 3px 5px; font-size: 12px; border: 1px solid #fff; text-align: right; }
.matrix td.right { background: color-mix(in srgb, #2f9e6e var(--share), #f5f7fa); }
.matrix td.wrong { background: color-mix(in srgb, #d64545 calc(var(--share) * 3), #f5f7fa); }
.hardest { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 12px; }
.hardest figure { line-height: 1.3; border: 0; border-radius: 0; }
.hardest img { width: 96px; height: 96px; border-radius: 6px; }
figcaption { font-size: 13px; overflow-wrap: anywhere; }
figcaption small { display: block; }
@media (max-width: 640px) {
  main { padding: 16px 8px 40px; }
  section { padding: 16px 14px; }
  section.scores > h2, section.scores > p { padding: 0 14px; }
  .scores th:first-child { max-width: 118px; padding-left: 14px; white-space: normal; font-size: 13px; }
  tr.block span { left: 14px; }
  .scores output { padding: 8px 14px 0; }
  .charts { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  @page { size: A4 landscape; margin: 10mm; }
  main { max-width: none; padding: 0; }
  body { font-size: 11px; }
  section { break-inside: auto; border: 0; padding: 8px 0; overflow: visible; }
  section.warning, section.absent { border-left: 4px solid var(--bad); padding-left: 10px; }
  section.scores > h2, section.scores > p { padding: 0; }
  .wide { overflow: visible; }
  .scores th, .scores td { padding: 3px 4px; }
  .scores th:first-child, tr.block span { position: static; padding-left: 0; }
  tr, figure, .charts > svg { break-inside: avoid; }
  summary, output { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
