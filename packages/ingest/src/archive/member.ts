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

/** Letters that move the cursor or begin a line. NUL stays, for which a path is refused. */
const CONTROL = /(?!\0)\p{Cc}/gu;

/** A name that can be shown in a line: `\x0a` for a line feed in it. */
export const visible = (name: string): string =>
  name.replace(CONTROL, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);

/** A name of which only the bytes are known: UTF-8 where it can be, else Latin 1; visible. */
export const nameOf = (bytes: Uint8Array): string =>
  visible(Buffer.from(bytes).toString(isUtf8(bytes) ? 'utf8' : 'latin1'));
