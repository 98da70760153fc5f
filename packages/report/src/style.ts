/** The page's style sheet: one column, readable on a telephone, printable. */
export const STYLE = `
:root { --ink: #1f2933; --dim: #52606d; --line: #e1e5ea; --good: #2f9e6e; --bad: #d64545; }
* { box-sizing: border-box; }
body { margin: 0; background: #f5f7fa; color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 0 0 8px; }
p { margin: 0 0 14px; max-width: 76ch; color: var(--dim); }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px; margin-top: 18px; overflow-x: auto; }
svg { max-width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; }
.wide svg { max-width: none; }
.headline { font-size: 17px; }
.headline b { font-size: 30px; color: #0072b2; }
.headline span { font-size: 15px; }
table { border-collapse: collapse; margin-top: 16px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 8px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, th.text, td.text { text-align: left; }
thead th { color: var(--dim); font-weight: 500; font-size: 13px; }
thead i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; }
td.best { font-weight: 650; }
td.paper { color: var(--dim); }
small { color: var(--dim); font-weight: 400; }
code { font: 13px ui-monospace, SFMono-Regular, Menlo, monospace; background: #f0f3f6; padding: 1px 5px; border-radius: 4px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 22px 16px; }
.pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 22px 16px; }
.grid { max-width: 100%; image-rendering: pixelated; border-radius: 6px; }
.neighbours { display: flex; align-items: center; gap: 6px; margin-bottom: 6px; }
.neighbours span { width: 96px; color: var(--dim); font-size: 13px; }
figure { margin: 0; line-height: 0; border: 3px solid transparent; border-radius: 6px; overflow: hidden; }
figure img { width: 56px; height: 56px; object-fit: contain; image-rendering: pixelated; background: #eef1f4; }
figure.same { border-color: var(--good); }
figure.other { border-color: var(--bad); }
figure.query { border-color: var(--ink); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 8px 24px; margin: 0; }
dt { color: var(--dim); font-size: 13px; }
dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { background: #fff; } section { break-inside: avoid; } .wide svg { max-width: 100%; } }
`;
