import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';

const root = findRoot(import.meta.dirname);
const TAG = /@(?:param|returns|throws)\b/g;

/** Lines of a file's docblocks that have more than one tag. */
const crowded = (source: string): string[] =>
  [...source.matchAll(/\/\*\*.*?\*\//gs)].flatMap(([block]) =>
    block.split('\n').filter((line) => (line.match(TAG)?.length ?? 0) > 1),
  );

it('docblocks have a line for each @param', () => {
  const files = ['packages', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) => {
      const src = join(root, folder, name, 'src');
      return readdirSync(src, { recursive: true, encoding: 'utf8' }).map((path) => join(src, path));
    }),
  );
  const ours = files.filter((file) => /\.(ts|mjs)$/.test(file) && file !== import.meta.filename);
  expect(ours.length).toBeGreaterThan(300);
  expect(ours.flatMap((file) => crowded(readFileSync(file, 'utf8')).map((line) => `${file}: ${line.trim()}`))).toEqual(
    [],
  );
});

it('finds two in a line, in docblocks alone', () => {
  expect(crowded('/** @param a x; @param b y */')).toHaveLength(1);
  expect(crowded('/**\n * @param a x\n * @param b y\n */\nconst two = "@param @param";')).toEqual([]);
});
