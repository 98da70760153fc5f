import { describe, expect, it } from 'vitest';
import { parseModule } from './parse-module.ts';

const identity = (source: string) => parseModule(source).identity;
const imports = (source: string) => {
  const { imports, references } = parseModule(source);
  return [...imports, ...references];
};

describe('identity', () => {
  const source = `import { b, a } from './x.ts';
import type { T } from './types.ts';
/** Adds. */
export function add(one: number, two: T = { n: 1_000 }): number {
  // A sum.
  return one + two.n + a('x') + b(0xff);
}
`;

  it.each([
    ['comments', source.replace('/** Adds. */', '').replace('// A sum.', '// The sum, in words.')],
    [
      'types',
      source.replace('one: number', 'one: bigint | number').replace("import type { T } from './types.ts';", ''),
    ],
    ['layout', source.replaceAll('\n', '\n\n').replace('{ n: 1_000 }', '{\n    n: 1_000,\n  }')],
    ['quotes, parentheses and how a number is written', source.replace("a('x')", '(a("x"))').replace('0xff', '255')],
    ['the order of imports', source.replace('{ b, a }', '{ a, b }')],
    ['imports and exports of types in braces', `${source}import { type U } from './u.ts';\nexport { type U };\n`],
    ['types inside of functions', source.replace('  // A sum.', '  type Sum = { n: number };\n  interface I {}\n')],
  ])('is the same with other %s', (_what, changed) => {
    expect(changed).not.toBe(source);
    expect(identity(changed)).toBe(identity(source));
  });

  it.each([
    ['number', source.replace('1_000', '1_001')],
    ['operator', source.replace('one + two.n', 'one - two.n')],
    ['name that is imported', source.replace('{ b, a }', '{ b, c as a }')],
    ['module that is imported', source.replace('./x.ts', './y.ts')],
    ['order of arguments', source.replace("one + two.n + a('x')", "two.n + one + a('x')")],
    ['export', source.replace('export function', 'function')],
    ['module that is loaded', `import './effect.ts';\n${source}`],
  ])('differs with another %s', (_what, changed) => {
    expect(changed).not.toBe(source);
    expect(identity(changed)).not.toBe(identity(source));
  });

  it('tells regular expressions, big integers and templates apart', () => {
    const different = [
      '/a/',
      '/a/i',
      '/b/',
      '1n',
      '2n',
      '1',
      '`a`',
      '`b`',
      '`a$' + '{b}`',
      'undefined',
      'null',
      'String.raw`\\d`',
      'String.raw`d`',
    ];
    expect(new Set(different.map((value) => identity(`export const x = ${value};`))).size).toBe(different.length);
  });
});

describe('imports', () => {
  it('are found in every form, with the names that are taken', () => {
    expect(imports("import { a, b as c } from './x.ts';")).toEqual([{ specifier: './x.ts', names: ['a', 'b'] }]);
    expect(imports("import d, { e } from 'x';")).toEqual([{ specifier: 'x', names: ['default', 'e'] }]);
    expect(imports("import * as x from './x.ts';")).toEqual([{ specifier: './x.ts', names: 'all' }]);
    expect(imports("import './x.ts';")).toEqual([{ specifier: './x.ts', names: 'all' }]);
    expect(imports("const { f } = await import('./x.ts');")).toEqual([{ specifier: './x.ts', names: ['f'] }]);
    expect(imports("(await import('./x.ts')).g();")).toEqual([{ specifier: './x.ts', names: ['g'] }]);
    expect(imports("const x = import('./x.ts');")).toEqual([{ specifier: './x.ts', names: 'all' }]);
    expect(imports("new Worker(new URL('worker.ts', import.meta.url));")).toEqual([
      { specifier: './worker.ts', names: 'all' },
    ]);
    expect(imports("const at = import.meta.resolve('./step.ts');")).toEqual([{ specifier: './step.ts', names: 'all' }]);
    expect(imports('await import(`./x.ts`);')).toEqual([{ specifier: './x.ts', names: 'all' }]);
    expect(imports("const tf = require('tf');")).toEqual([{ specifier: 'tf', names: 'all' }]);
  });

  it('are not what only looks like one', () => {
    expect(imports("import type { T } from './t.ts';\nimport { type U } from './u.ts';")).not.toContainEqual(
      expect.objectContaining({ specifier: './t.ts' }),
    );
    expect(imports("// import './a.ts'\nexport const text = \"import './b.ts'\";")).toEqual([]);
    expect(imports("import { type U } from './u.ts';")).toEqual([]);
    // A folder, and a web address.
    expect(imports("new URL('../..', import.meta.url); new URL('https://x.org');")).toEqual([]);
  });
});

it.each([
  ['import(module);', 'import(module)'],
  ['new URL(name, import.meta.url);', 'new URL(name, import.meta.url)'],
  ['import.meta.resolve(`./$' + '{name}`);', 'import.meta.resolve(`./$' + '{name}`)'],
  ["join(import.meta.dirname, 'x.json');", 'import.meta.dirname'],
])('what %s loads is not known', (source, written) => {
  expect(parseModule(source).untold).toEqual([written]);
});

it.each([
  ["'use strict';\nexport const x = make();\nexport function f() {}\nclass K {}", false],
  ['register(f);', true],
  ['globalThis.x = 1;', true],
  ['await start();', true],
  ['if (x) f();', true],
])('%j does something when it is loaded: %s', (source, effects) => {
  expect(parseModule(source).effects).toBe(effects);
});

describe('barrels', () => {
  it('are modules that only re-export', () => {
    const barrel = parseModule(
      "/** Docs. */\nexport { a, b as c } from './x.ts';\nexport * from './y.ts';\nexport * as z from './z.ts';\nexport type { T } from './t.ts';",
    );
    expect(barrel.barrel).toBe(true);
    expect(barrel.reExports).toEqual([
      { name: 'a', original: 'a', specifier: './x.ts' },
      { name: 'c', original: 'b', specifier: './x.ts' },
      { name: '*', original: '*', specifier: './y.ts' },
      { name: 'z', original: '*', specifier: './z.ts' },
    ]);
    expect(parseModule("export { a } from './x.ts';\nglobalThis.x = 1;").barrel).toBe(false);
    expect(parseModule("import { a } from './x.ts';\nexport { a };").barrel).toBe(false);
  });

  it('export names of their own where they are none', () => {
    const { exports } = parseModule(
      'export const { a, b: [c] } = x;\nexport function f() {}\nexport class K {}\nexport default 1;\nconst h = 1;\nexport { h as i };\nexport type T = 1;',
    );
    for (const name of ['a', 'c', 'f', 'K', 'default', 'i']) expect(exports).toContain(name);
    expect(exports).not.toContain('T');
  });
});
