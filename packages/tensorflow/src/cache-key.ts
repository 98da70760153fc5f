import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DefinitionReference } from './definition.ts';
import { tf } from './load.ts';
import type { Target } from './machine.ts';
import { native } from './trace/binding.ts';

const IMPORT = /\b(?:from|import)\s*\(?\s*'([^']+)'/g;

/** The module and every source of ours that it imports, directly or not. */
export function sourceFiles(module: string): string[] {
  const seen = new Set<string>();
  const stack = [module];
  for (let url = stack.pop(); url !== undefined; url = stack.pop()) {
    if (seen.has(url)) continue;
    seen.add(url);
    for (const [, specifier = ''] of readFileSync(fileURLToPath(url), 'utf8').matchAll(IMPORT)) {
      if (specifier.startsWith('.')) stack.push(new URL(specifier, url).href);
      else if (specifier.startsWith('@simclr/')) stack.push(import.meta.resolve(specifier));
    }
  }
  return [...seen].sort();
}

/** Key of a traced graph: equal exactly when a trace would write the same graph. */
export function cacheKey(definition: DefinitionReference, target: Target): string {
  const hash = createHash('sha256');
  const versions = [native.TF_Version, tf.version_core];
  hash.update(JSON.stringify([definition.export, definition.args, target, versions]));
  const sources = new Set([
    ...sourceFiles(definition.module),
    ...sourceFiles(new URL('trace/child.ts', import.meta.url).href),
  ]);
  for (const source of [...sources].sort()) hash.update(`\0${source}\0`).update(readFileSync(fileURLToPath(source)));
  return hash.digest('hex').slice(0, 32);
}
