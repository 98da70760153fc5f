import { type Format, type Kind, kindOf } from './kinds.ts';

const UNREAD = 'which is not read. convert it to JPEG or PNG';

/**
 * The format of a file by its first bytes.
 * @throws Error that says in words what the file is instead
 */
export function imageFormat(file: Uint8Array): Format {
  const kind = kindOf(file);
  if (kind.is === 'image') return kind.format;
  throw new Error(insteadOfImage(kind, file));
}

function insteadOfImage(kind: Exclude<Kind, { is: 'image' }>, file: Uint8Array): string {
  switch (kind.is) {
    case 'foreign': {
      const how = kind.format === 'HEIC' ? ', for example with heif-convert' : '';
      return `${kind.words ?? `a ${kind.format} image`}, ${UNREAD}${how}`;
    }
    case 'other':
      if (kind.advice === undefined) return `${kind.words}, ${UNREAD}`;
      return `${kind.words}, not an image${kind.advice && `. ${kind.advice}`}`;
    case 'archive':
    case 'compressed':
      return 'an archive, not an image. unpack it';
    case 'text':
      return `a text file, not an image: it begins with ${JSON.stringify(kind.line.slice(0, 40))}`;
    case 'empty':
      return 'an empty file, 0 bytes';
    case 'zeros':
      return `${file.length} bytes, all of them zero`;
    case 'unknown':
      return `no image of a format that is read: it begins with the bytes ${Buffer.from(file.subarray(0, 8)).toString('hex')}`;
  }
}
