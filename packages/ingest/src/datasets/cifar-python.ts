import { type Dict, PickledObject, readPickle } from '@simclr/pickle';
import { UserError } from '@simclr/stage';

/** All that a batch names: an array, and the type of its values. Nothing is called: the pickle says what they would be given. */
const ARRAY = 'numpy.core.multiarray._reconstruct';
const TYPE = 'numpy.dtype';
const NAMES = new Set([ARRAY, TYPE, 'numpy.ndarray']);

/**
 * A batch of CIFAR's Python version: a dict that Python 2 pickled.
 *
 * @param size of an image, bytes
 * @param key of the labels
 * @returns pixels of all images, [n, size], and their labels, [n]
 * @throws UserError where it is no such dict
 */
export function readBatch(
  content: Uint8Array,
  path: string,
  size: number,
  key: string,
): { pixels: Uint8Array; labels: number[] } {
  const dict = readDict(content, path);
  const labels = dict.get(key);
  if (!Array.isArray(labels) || !labels.every(Number.isInteger)) throw invalid(path, `no list of labels in '${key}'`);
  const pixels = bytesOf(dict.get('data'), [labels.length, size]);
  if (!pixels) throw invalid(path, `'data' is no array of ${labels.length}×${size} bytes, row by row`);
  return { pixels, labels };
}

/** Names of classes, from the dict beside the batches. @throws UserError where it is none */
export function readNames(content: Uint8Array, path: string, key: string): string[] {
  const names = readDict(content, path).get(key);
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw invalid(path, `no list of names in '${key}'`);
  return names;
}

function readDict(content: Uint8Array, path: string): Dict {
  const { value, strangers } = readPickle(content, path);
  const stranger = [...strangers].find((name) => !NAMES.has(name));
  if (stranger !== undefined) throw invalid(path, `it names ${stranger}, which no batch does`);
  if (!(value instanceof Map)) throw invalid(path, 'it holds no dict');
  return value;
}

/** The values of an array of bytes of that shape: its state is version, shape, type, whether by columns, values. */
function bytesOf(array: unknown, shape: number[]): Uint8Array | undefined {
  if (!(array instanceof PickledObject) || array.name !== ARRAY) return undefined;
  const [, found, type, byColumns, values] = listOf(array.state);
  const isBytes = type instanceof PickledObject && type.name === TYPE && listOf(type.args)[0] === 'u1';
  const sizes = listOf(found);
  if (!isBytes || byColumns || sizes.length !== shape.length || sizes.some((n, i) => n !== shape[i])) return undefined;
  const bytes = typeof values === 'string' ? Buffer.from(values, 'latin1') : values;
  return bytes instanceof Uint8Array && bytes.length === shape.reduce((a, b) => a * b) ? bytes : undefined;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const invalid = (path: string, what: string) => new UserError(`invalid batch: ${path}. ${what}. fetch it again`);
