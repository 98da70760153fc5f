import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawing, factList, html, htmlPage } from './html.ts';

/** The text that a browser reads of escaped text. */
const read = (escaped: string): string => escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(+code));

describe('html', () => {
  it('puts in any text as that text, in an element and in an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const [, title, text] = html`<b title="${name}">!${name}</b>`
          .toString()
          .match(/^<b title="(.*)">!(.*)<\/b>$/s)!;
        for (const found of [title!, text!]) {
          expect(found).not.toMatch(/[<>"']/);
          expect(read(found)).toBe(name);
        }
      }),
    );
  });

  it.each([
    '</style><script>alert(1)</script>',
    `" onerror="alert('1')`,
    "' autofocus onfocus='alert(1)",
    '<img src=x onerror=alert(1)>',
    '</title></head><body onload=alert(1)>',
    '&lt;script&gt;',
  ])('lets no dataset or class called %s become markup', (name) => {
    const page = htmlPage(name, html`<img alt="${name}">${factList([[name, name]])}${[name, [name]]}`);
    expect(page.match(/<(?:script|body|img|style|title)\b/g)).toEqual(['<title', '<style', '<body', '<img']);
    expect(read(page).split(name)).toHaveLength(1 + 6);
    expect(page).not.toContain(name);
  });

  it('keeps what is HTML already, alone and in lists', () => {
    const list = ['a', '<b>'].map((name) => html`<li>${name}</li>`);
    expect(html`<ul>${list}</ul>${drawing('<svg/>')}${''}${1}`.toString()).toBe(
      '<ul><li>a</li><li>&#60;b&#62;</li></ul><svg/>1',
    );
  });
});
