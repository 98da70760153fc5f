import { contentOf } from './magic.ts';

/** What lies in a folder or an archive. */
export interface FoundFile {
  /** From its top, parts between slashes. */
  path: string;
  /** Opens an image: `node:fs` takes bytes for a name that is no UTF-8. */
  file: string | Buffer;
  /** Where in it the image lies, if it is not all of it. */
  part?: Part;
  kind: FileKind;
}

/** A part of a file, bytes. */
export interface Part {
  offset: number;
  length: number;
}

export type FileKind =
  /** An image, by its name or its first bytes; whether it is whole is found when it is read. */
  | { is: 'image' }
  /** An image of a format that is not read. */
  | { is: 'foreign'; format: string }
  | { is: 'other' }
  /** A folder with nothing in it. */
  | { is: 'empty' }
  /** What can be no image: `a fifo`, `a broken link`. */
  | { is: 'odd'; what: string };

/** An image, also of a format that is not read. */
export const isPicture = ({ kind }: FoundFile): boolean => kind.is === 'image' || kind.is === 'foreign';

/** Names of images that are read. What is called so is one: where its content says otherwise, it is damaged. */
const IMAGE = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|bmp)$/i;
export const isImageName = (name: string): boolean => IMAGE.test(name);

/** The kind of a file whose name does not tell, by its first bytes. */
export function kindOfContent(head: Uint8Array): FileKind {
  const content = contentOf(head);
  if (content.is === 'image') return { is: 'image' };
  return content.is === 'foreign' ? { is: 'foreign', format: content.format } : { is: 'other' };
}
