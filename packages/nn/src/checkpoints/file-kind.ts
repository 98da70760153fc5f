import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { isLegacyFile } from './legacy-magic.ts';

const HEAD_BYTES = 1024;
/** Where a tar archive says that it is one. */
const TAR_AT = 257;

/** Formats by their first bytes, and what to do with them. */
const OTHERS: [start: string, what: string, then: string][] = [
  ['\x1f\x8b', 'a gzip archive', 'unpack it: tar xzf, or gunzip'],
  ['BZh', 'a bzip2 archive', 'unpack it: tar xjf, or bunzip2'],
  ['\xfd7zXZ', 'an xz archive', 'unpack it: tar xJf, or unxz'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive', 'unpack it: unzstd'],
  ['7z\xbc\xaf', 'a 7z archive', 'unpack it: 7z x'],
  ['Rar!', 'a rar archive', 'unpack it: unrar x'],
  ['\x89HDF', 'an HDF5 file (Keras)', 'save its weights as a TensorFlow checkpoint: tf.train.Checkpoint'],
  ['\x93NUMPY', 'a NumPy array', 'save a state_dict: torch.save(model.state_dict(), …)'],
  ['\x80', 'a pickle of Python’s own', 'save its tensors with torch: torch.save(state_dict, …)'],
  ['GGUF', 'a GGUF file', 'only ResNets are imported'],
];

/** The first bytes of a file, as many as there are. Throws UserError where it is none, or cannot be read. */
export function headOf(path: string): Buffer {
  try {
    if (!statSync(path).isFile()) throw new UserError(`not a file: ${path}`);
    const head = Buffer.alloc(HEAD_BYTES);
    const file = openSync(path, 'r');
    try {
      return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read: ${path}. ${(error as Error).message}`);
  }
}

/**
 * Refuses what is there in the place of a file of weights: nothing, a Git LFS pointer, a page.
 *
 * @throws UserError that calls it by its name
 */
export function refusePlaceholder(path: string, head = headOf(path)): void {
  if (head.length === 0) throw new UserError(`empty file: ${path}. copy or download it again`);
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const size = /^size (\d+)$/m.exec(text)?.[1];
    const stands = size ? `, which stands for ${size} bytes` : '';
    throw new UserError(`a Git LFS pointer: ${path}${stands}. get the file itself: git lfs pull`);
  }
  if (/^<(!doctype html|html|head|body|!--)/i.test(text)) {
    const title = /<title>\s*([^<]{1,80}?)\s*</i.exec(text)?.[1];
    const called = title ? `, "${title.replace(/\s+/g, ' ')}"` : '';
    throw new UserError(`an HTML page: ${path}${called}. the address gave a page and no file: download it again`);
  }
  if (/^<\?xml|^<Error>/.test(text)) {
    const code = /<(?:Code|Message)>([^<]{1,80})</.exec(text)?.[1];
    throw new UserError(`an XML page: ${path}${code ? `, "${code}"` : ''}. download the file again`);
  }
}

/**
 * What a file is, by its content.
 *
 * @throws UserError where it is of no kind that we read, with the kind that it seems to be
 */
export function weightsKind(path: string): 'pytorch' | 'safetensors' {
  const head = headOf(path);
  refusePlaceholder(path, head);
  if (head.every((byte) => byte === 0))
    throw new UserError(`zeros alone: ${path}, a download that did not end. copy or download it again`);
  const starts = (text: string) => head.subarray(0, text.length).toString('latin1') === text;
  if (starts('PK') || isLegacyFile(head)) return 'pytorch';
  // Eight bytes of length, then JSON.
  if (head.length >= 8 && head.readUInt32LE(4) === 0 && (head.length === 8 || head[8] === 0x7b)) return 'safetensors';
  for (const [start, what, then] of OTHERS)
    if (starts(start)) throw new UserError(`not supported: ${path} is ${what}. ${then}`);
  if (head.toString('latin1', TAR_AT, TAR_AT + 5) === 'ustar')
    throw new UserError(`not supported: ${path} is a tar archive. unpack it: tar xf`);
  const text = head.toString('utf8').trimStart();
  if (text.startsWith('{') && head.includes('"weight_map"')) {
    throw new UserError(
      `an index of parts: ${path} has no weights itself, they are in several files. save them as one: model.save_pretrained('new', max_shard_size='100GB')`,
    );
  }
  const isText = !/[^\t\n\r\x20-\x7e]/.test(head.toString('latin1'));
  const what = isText ? `text, "${text.replace(/\s+/g, ' ').slice(0, 40)}"` : `its first bytes are ${hex(head)}`;
  throw new UserError(`not a checkpoint: ${path}, ${what}. expected what torch.save writes, or safetensors`);
}

const hex = (head: Buffer): string =>
  head
    .subarray(0, 8)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ');
