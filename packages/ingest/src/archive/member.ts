import { isUtf8 } from 'node:buffer';

/** A member of an archive, as it is met. */
export interface Member {
  /** As it is written there. */
  path: string;
  type: 'file' | 'folder' | 'link' | 'symlink' | 'other';
  /** Bytes of content. */
  size: number;
  /** Of a link: what it names. */
  target: string;
  /** Of a file; read before the next member is asked for, or not at all. */
  content: () => AsyncIterable<Uint8Array>;
}

/** A name of which only the bytes are known: UTF-8 where it can be, else Latin 1. */
export const nameOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString(isUtf8(bytes) ? 'utf8' : 'latin1');
