import { PickledGlobal, PickledObject } from '@simclr/pickle';
import { UserError } from '@simclr/stage';
import { sizeOf, type TensorData } from '@simclr/tensorflow/tensors';
import { decode } from './checkpoint.ts';

/** torch's types by their names as values (`torch.float16`), and of its storages, as safetensors names them. */
const TYPES: Record<string, string> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};
const STORAGES: Record<string, { type: string; bytes: number }> = {
  FloatStorage: { type: 'F32', bytes: 4 },
  DoubleStorage: { type: 'F64', bytes: 8 },
  HalfStorage: { type: 'F16', bytes: 2 },
  BFloat16Storage: { type: 'BF16', bytes: 2 },
  LongStorage: { type: 'I64', bytes: 8 },
  IntStorage: { type: 'I32', bytes: 4 },
  ShortStorage: { type: 'I16', bytes: 2 },
  CharStorage: { type: 'I8', bytes: 1 },
  ByteStorage: { type: 'U8', bytes: 1 },
  BoolStorage: { type: 'BOOL', bytes: 1 },
  ComplexFloatStorage: { type: 'complex64', bytes: 8 },
  ComplexDoubleStorage: { type: 'complex128', bytes: 16 },
  QInt8Storage: { type: 'qint8', bytes: 1 },
  QUInt8Storage: { type: 'quint8', bytes: 1 },
  QInt32Storage: { type: 'qint32', bytes: 4 },
};

/** A view without strides of its own may be larger than its storage up to here: `torch.zeros(1).expand(n)`. */
const MAX_EXPANDED = 2 ** 16;

/** An OrderedDict that was pickled as a call with its items: pairs. */
export const ORDERED = 'collections.OrderedDict';

/** A block of numbers in the file. */
export interface Storage {
  key: string;
  /** As safetensors names it, or torch where it has no name for it. */
  type: string;
  /** Of one number; 1 where the storage has no type of its own. */
  bytes: number;
  /** Numbers in it, as the pickle says. */
  count: number;
  /** Of its numbers the first that is meant: before torch 0.4 one storage could be a part of another. */
  from: number;
}

/** What `torch.save` wrote: the object, as data, and the bytes of its tensors' storages. */
export interface TorchFile {
  root: unknown;
  passedOver: string[];
  bytesOf(storage: Storage): Uint8Array;
}

/** A tensor as a view of a storage. Offset and strides are in its own elements. */
export class View {
  readonly storage: Storage;
  readonly type: string;
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];

  constructor(storage: Storage, type: string, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.type = type;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, 4) : []);

const isStorage = (value: unknown): value is Storage =>
  typeof value === 'object' && value !== null && 'key' in value && 'count' in value;

/** A tensor has at most 64 axes. */
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 64 && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);

/**
 * What torch's pickles call, and what gives their storages.
 * @param prefix before the keys of storages
 */
export function torchSubstitutes(path: string, prefix = '') {
  const unreadable = () => new UserError(`damaged: ${path}, its pickle. copy the file again`);
  const storages = new Map<string, Storage>();

  const view = (storage: unknown, offset: unknown, shape: unknown, strides: unknown, type?: string): View => {
    if (!isStorage(storage) || !isSizes([offset]) || !isSizes(shape) || !isSizes(strides)) throw unreadable();
    if (shape.length !== strides.length) throw unreadable();
    const count = sizeOf(shape);
    if (count > Math.max(storage.count, MAX_EXPANDED)) throw unreadable();
    return new View(storage, type ?? storage.type, storage.from + (offset as number), shape, strides);
  };
  const rebuild = (...[storage, offset, shape, strides]: unknown[]) => view(storage, offset, shape, strides);
  const globals = new Map<string, (...args: unknown[]) => unknown>([
    // Python 2 gave the items as the argument.
    [
      'collections.OrderedDict',
      (items) => (items ? new PickledObject(new PickledGlobal(ORDERED), [items]) : new Map()),
    ],
    ['torch._utils._rebuild_parameter', (tensor) => tensor],
    ['torch._utils._rebuild_parameter_with_state', (tensor) => tensor],
    ['torch._utils._rebuild_tensor', rebuild],
    ['torch._utils._rebuild_tensor_v2', rebuild],
    // Subclasses of tensors, and tensors with attributes.
    ['torch._tensor._rebuild_from_type_v2', (made, _type, args) => (made === rebuild ? rebuild(...list(args)) : null)],
    [
      'torch._utils._rebuild_tensor_v3',
      (storage, offset, shape, strides, _grad, _hooks, dtype) => {
        const type = typeof dtype === 'function' ? String(dtype()) : 'of a later torch';
        return view(storage, offset, shape, strides, type);
      },
    ],
    ['torch.Size', (sizes) => sizes],
    ['torch.device', (kind) => kind],
    ...Object.entries(TYPES).map(([name, type]) => [`torch.${name}`, () => type] as const),
    ...Object.entries(STORAGES).map(([name, kind]) => [`torch.${name}`, () => kind] as const),
    ['torch.storage.UntypedStorage', () => ({ type: 'untyped', bytes: 1 })],
  ]);

  /** Persistent ids: `('storage', type, key, place, count)`, and before 1.6 `('module', class, …)` of whole models. */
  const load = (id: unknown): unknown => {
    if (!Array.isArray(id)) throw unreadable();
    const [kind, type, key, , count, part] = id as unknown[];
    if (kind === 'module') return type;
    if (kind !== 'storage' || (typeof key !== 'string' && typeof key !== 'number')) throw unreadable();
    const { type: name, bytes } = (typeof type === 'function' ? type() : {}) as Partial<Storage>;
    if (!name || !bytes || !isSizes([count])) {
      const what = type instanceof PickledGlobal ? type.name : 'no type';
      throw new UserError(`unknown storage: ${path}, which holds ${what}. save it again with float tensors alone`);
    }
    const from = Array.isArray(part) && isSizes([part[1]]) ? (part[1] as number) : 0;
    const storage = { key: `${prefix}${key}`, type: name, bytes, count: count as number, from };
    storages.set(storage.key, storage);
    return storage;
  };
  return { globals, load, storages };
}

/**
 * The values of a view.
 * @param bytes of its storage
 * @param where the tensor, for an error's message
 */
export function decodeView({ type, offset, shape, strides }: View, bytes: Uint8Array, where: string): TensorData {
  return decode(bytes, type, shape, { strides, offset, where });
}
