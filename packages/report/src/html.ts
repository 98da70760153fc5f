import { xmlText } from '@simclr/figures/text';
import { STYLE } from './style.ts';

/**
 * HTML, made by `html` alone: what comes from elsewhere is text and is escaped wherever it is put in, so that a forgotten
 * call cannot let it through. (Libraries for it take text that was marked by hand, ghtml any text after an exclamation mark.)
 */
export class Html {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

/** Values allowed in a template. */
type Part = Html | string | number | readonly Part[];

const render = (part: Part): string => {
  if (part instanceof Html) return part.toString();
  if (typeof part === 'object') return part.map(render).join('');
  return xmlText(String(part));
};

/** A template of HTML: lists are joined, text is escaped, for elements and for attributes in quotes. */
export const html = (literals: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(literals.map((literal, i) => (i === 0 ? literal : render(parts[i - 1]!) + literal)).join(''));

/** SVG that we drew, with its texts escaped. */
export const drawing = (svg: string): Html => new Html(svg);

/** A fraction in per cent, to a tenth. */
export const percent = (fraction: number): string => (100 * fraction).toFixed(1);

/** Names and what they are, as a list. */
export const factList = (entries: [string, string][]): Html =>
  html`<dl>${entries.map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>`)}</dl>`;

/** A page that refers to nothing outside itself. @param own style sheet and script of its own, which we wrote */
export function htmlPage(title: string, body: Html, own: { style?: string; script?: string } = {}): string {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${new Html(STYLE + (own.style ?? ''))}</style></head>
<body><main>
${body}
</main>${own.script ? html`<script>${new Html(own.script)}</script>` : ''}</body></html>
`.toString();
}
