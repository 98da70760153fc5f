import { UserError } from '@simclr/stage';

/** A member's path in one form: parts between single slashes. @throws UserError for one that leads out of the archive */
export function memberPath(path: string, archive: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || /^[a-z]:[\\/]/i.test(path) || parts.includes('..') || path.includes('\0'))
    throw new UserError(
      `unsafe archive: ${archive}: ${JSON.stringify(path)} lies outside of the folder that it is unpacked into. nothing was unpacked. pack it again without it`,
    );
  return parts.join('/');
}

/** What an operating system leaves beside one's files: never an image, and not worth a word. */
const JUNK = /^(\..*|__MACOSX|thumbs\.db|ehthumbs\.db|desktop\.ini|@eadir|lost\+found|\$recycle\.bin)$/i;

/** Whether a file or folder of this name is passed over without a word: hidden, or an operating system's own. */
export const isJunk = (name: string): boolean => JUNK.test(name);

/** Links of an archive, by their paths: where each leads, from the top of the archive. */
export type Links = Map<string, string[]>;

/** Where a link at `path` leads: parts from the top; undefined for a place outside. */
export function linkTarget(path: string, target: string, hard: boolean): string[] | undefined {
  if (target.startsWith('/') && !hard) return undefined;
  const parts = hard ? [] : path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') {
      if (parts.length === 0) return undefined;
      parts.pop();
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

/** Follows links in a path, in every part of it. @returns undefined for a circle of links */
export function followLinks(path: readonly string[], links: Links): string | undefined {
  let parts = [...path];
  for (let followed = 0; followed < 40; followed++) {
    const at = parts.findIndex((_, i) => links.has(parts.slice(0, i + 1).join('/')));
    if (at < 0) return parts.join('/');
    parts = [...links.get(parts.slice(0, at + 1).join('/'))!, ...parts.slice(at + 1)];
  }
  return undefined;
}
