import { UserError } from '@simclr/stage';
import { READERS } from '../safetensors.ts';
import { type Checkpoint, decode, readRange } from './checkpoint.ts';
import { type Dict, readPickle } from './pickle.ts';
import { openZip } from './zip.ts';

/** A storage's name in the archive, and what its numbers are. */
class Storage {
  readonly key: string;
  readonly type: string;

  constructor(key: string, type: string) {
    this.key = key;
    this.type = type;
  }
}

/** A tensor as a view of a storage; offset and strides in elements. */
class View {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];

  constructor(storage: Storage, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** torch's storages, and their types as safetensors names them. */
const STORAGES: Record<string, string> = {
  FloatStorage: 'F32',
  DoubleStorage: 'F64',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ByteStorage: 'U8',
};

/** A checkpoint's weights are at its top or under one of these. */
const STATE_DICTS = ['state_dict', 'model_state_dict', 'model', 'resnet'];

/**
 * Opens what `torch.save` wrote (a zip archive since PyTorch 1.6): a state_dict, or a dict with one in it. Its pickle is
 * read, never run.
 *
 * @throws UserError where the file is damaged, older than that, or holds other things than tensors, numbers and text
 */
export function openPyTorch(path: string): Checkpoint {
  if (Buffer.from(readRange(path, 0, 2)).toString('latin1') !== 'PK') {
    throw new UserError(
      `not a zip archive: ${path}. if torch before 1.6 wrote it, save it again with a newer one: torch.save(torch.load('old.pth', weights_only=True), 'new.pth')`,
    );
  }
  const archive = openZip(path);
  const pickle = archive.names.find((name) => name.endsWith('/data.pkl'));
  if (!pickle) throw new UserError(`not what torch.save writes: ${path} has no data.pkl`);
  const root = pickle.slice(0, -'data.pkl'.length);
  const order = `${root}byteorder`;
  if (archive.names.includes(order) && Buffer.from(archive.read(order)).toString() !== 'little')
    throw new UserError(`unsupported byte order: ${path} is big-endian`);
  const unreadable = () => new UserError(`damaged: ${path}, its pickle. copy the file again`);

  const globals = new Map<string, (...args: unknown[]) => unknown>([
    ['collections.OrderedDict', () => new Map()],
    ['torch._utils._rebuild_parameter', (tensor) => tensor],
    [
      'torch._utils._rebuild_tensor_v2',
      (storage, offset, shape, strides) => {
        if (!(storage instanceof Storage) || !isSizes([offset]) || !isSizes(shape) || !isSizes(strides))
          throw unreadable();
        if (shape.length !== strides.length) throw unreadable();
        return new View(storage, offset as number, shape, strides);
      },
    ],
    ...Object.entries(STORAGES).map(([name, type]) => [`torch.${name}`, () => type] as const),
  ]);
  const load = (id: unknown): Storage => {
    if (!Array.isArray(id) || id[0] !== 'storage' || typeof id[1] !== 'function') throw unreadable();
    const type: unknown = id[1]();
    if (typeof type !== 'string') throw unreadable();
    return new Storage(`${root}data/${id[2]}`, type);
  };
  const views = findTensors(readPickle(archive.read(pickle), path, globals, load), path);

  return {
    format: 'PyTorch',
    shapes: new Map([...views].map(([name, { shape }]) => [name, shape])),
    read(name) {
      const { storage, offset, shape, strides } = views.get(name)!;
      const bytes = archive.read(storage.key);
      const width = READERS[storage.type]!.bytes;
      const isEmpty = shape.includes(0);
      const last = isEmpty
        ? offset - 1
        : offset + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0);
      if ((last + 1) * width > bytes.length)
        throw new UserError(`damaged: ${path}, tensor ${name} is larger than its storage. copy the file again`);
      return decode(bytes.subarray(offset * width), storage.type, shape, strides);
    },
  };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);

function findTensors(value: unknown, path: string): Map<string, View> {
  if (value instanceof Map) {
    const candidates: Dict[] = [
      value,
      ...STATE_DICTS.map((key) => value.get(key)).filter((inner) => inner instanceof Map),
    ];
    for (const dict of candidates) {
      const views = [...dict].filter((entry): entry is [string, View] => entry[1] instanceof View);
      if (views.length > 0) return new Map(views);
    }
  }
  throw new UserError(`no tensors: ${path}. expected a state_dict, at the top or under ${STATE_DICTS.join(', ')}`);
}
