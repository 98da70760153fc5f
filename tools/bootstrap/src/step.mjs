import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CACHE } from './paths.mjs';
import { checkPrerequisites } from './prerequisites.mjs';

const STAMPS = `${CACHE}/bootstrap`;

/**
 * @param {...(string | Buffer)} parts
 * @returns {string}
 */
export function keyOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** @param {string} name */
const stampPath = (name) => `${STAMPS}/${name}`;

/**
 * @param {string} name
 * @param {string} key
 */
function isDone(name, key) {
  return existsSync(stampPath(name)) && readFileSync(stampPath(name), 'utf8') === key;
}

/**
 * Does a step once for each key. The stamp is taken away before and written, by rename, after: an interruption leaves the
 * step to be done again, never half done and called done.
 *
 * @param {{ name: string, title: string, key: string, whole?: () => boolean, run: () => Promise<void> }} step
 *   `whole`: whether what an earlier run made is still there
 * @returns {Promise<boolean>} whether there was anything to do
 */
export async function step({ name, title, key, whole = () => true, run }) {
  if (isDone(name, key) && whole()) return false;
  checkPrerequisites();
  rmSync(stampPath(name), { force: true });
  const started = performance.now();
  await run();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(`${stampPath(name)}.tmp`, key);
  renameSync(`${stampPath(name)}.tmp`, stampPath(name));
  console.error(`set-up: ${title.padEnd(34)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return true;
}
