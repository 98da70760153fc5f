import { type Kind, kindOf } from '@simclr/images/kinds';
import { isTarHeader } from './archive/tar-header.ts';

/** Tells what a file is from its first HEAD bytes (fewer where it is shorter); a tar also before POSIX, by its checksum. */
export function contentOf(head: Uint8Array): Kind {
  const kind = kindOf(head);
  const told = kind.is !== 'unknown' && kind.is !== 'text';
  return !told && isTarHeader(Buffer.from(head)) ? { is: 'archive', format: 'tar' } : kind;
}

/** The same in words, for one who gave an archive. */
export function describeContent(kind: Kind): string {
  switch (kind.is) {
    case 'image':
      return 'an image';
    case 'foreign':
      return kind.words ?? `a ${kind.format} image`;
    case 'archive':
    case 'compressed':
      return `a ${kind.format} file`;
    case 'other':
      return `${kind.words}${kind.advice ? ` (${kind.advice})` : ''}`;
    case 'text':
      return `text: ${JSON.stringify(kind.line.slice(0, 60))}`;
    case 'zeros':
      return 'nothing but zeros, as an empty tar is';
    case 'empty':
      return 'empty';
    case 'unknown':
      return 'of an unknown kind';
  }
}
