import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ARTIFACTS_FOLDER, type Entry, MODELS_FOLDER } from './entries.ts';
import { imageStem } from './images.ts';

/**
 * What a file of a run holds: bytes, text, or what another file holds now. `link` names one that nobody writes into: it is
 * not copied where the file system can have it at two places.
 */
export type Content = Uint8Array | string | { file: string } | { link: string };

/** Where a journal keeps the file of an artifact. */
export function artifactFile(dir: string, path: string): string {
  return join(dir, ARTIFACTS_FOLDER, path);
}

/** The PNG of an image that the journal in `dir` has. */
export function imageFile(dir: string, { key, step, time: timestamp, id }: Extract<Entry, { type: 'image' }>): string {
  return artifactFile(dir, `${imageStem({ key, step, timestamp, id })}.png`);
}

export function modelFile(dir: string, key: string, path: string): string {
  return join(dir, MODELS_FOLDER, key, path);
}

/** Writes a file, which appears by rename. */
export function store(file: string, content: Content): void {
  const made = `${file}.tmp`;
  mkdirSync(dirname(file), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(made, content);
  else if ('file' in content) copyFileSync(content.file, made);
  else link(content.link, made);
  renameSync(made, file);
}

function link(from: string, to: string): void {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // Another disk, or a system without links.
  }
}
