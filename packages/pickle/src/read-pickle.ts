import { UserError } from '@simclr/stage';
import { type Dict, PickledGlobal, PickledObject } from './pickled-object.ts';

/** What stands in for a class or function of Python's that a pickle may name. */
type Substitute = (...args: unknown[]) => unknown;

export interface PickleOptions {
  /** Substitutes by the names that the pickle has: `collections.OrderedDict`. */
  globals?: ReadonlyMap<string, Substitute>;
  /** Gives the object of a persistent id. */
  load?: (id: unknown) => unknown;
  /** Where the pickle starts. */
  at?: number;
}

export interface Unpickled {
  value: unknown;
  /** Where the pickle ends. */
  end: number;
  /** The globals without a substitute, by name. */
  strangers: Set<string>;
}

const MARK = Symbol('mark');
/** A substitute takes fewer arguments than that. */
const MAX_ARGUMENTS = 16;
/** Bytes beyond which Python 2's text and bytes are arrays of numbers, not text. */
const LONGEST_TEXT = 2 ** 12;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
/** Text of Python 2, and bytes; what is long is no name, and stays as it is. */
const bytesOrText = (bytes: Uint8Array): string | Uint8Array =>
  bytes.length > LONGEST_TEXT ? bytes : Buffer.from(bytes).toString('latin1');

/**
 * Reads a pickle of protocol 1 to 5 (Python's pickletools.py) as data: numbers, text, lists, dicts. It runs nothing: calls
 * go to `globals`, and any other class or function becomes a `PickledObject`. Tuples and sets are arrays; text of Python 2 and
 * bytes are text (latin1), and beyond 4 kB views of `bytes`. Time and memory are of the order of its bytes.
 *
 * @throws UserError where it is damaged or cut off
 */
export function readPickle(bytes: Uint8Array, path: string, options: PickleOptions = {}): Unpickled {
  const { globals = new Map(), load = () => null } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  const strangers = new Set<string>();
  let at = options.at ?? 0;
  const damaged = () => new UserError(`damaged or cut off: ${path}, its pickle at byte ${at}. copy the file again`);
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw damaged();
    at += count;
    return bytes.subarray(at - count, at);
  };
  const byte = () => take(1)[0]!;
  const uint32 = () => {
    take(4);
    return view.getUint32(at - 4, true);
  };
  const uint64 = () => {
    take(8);
    return Number(view.getBigUint64(at - 8, true));
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw damaged();
    const content = text(take(end - at));
    at++;
    return content;
  };
  const push = (value: unknown) => void stack.push(value);
  const pop = (): unknown => {
    if (stack.length === 0) throw damaged();
    return stack.pop();
  };
  const sinceMark = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw damaged();
    return stack.splice(mark).slice(1);
  };
  const popMany = (count: number): unknown[] => {
    if (stack.length < count) throw damaged();
    return stack.splice(stack.length - count);
  };
  const recall = (key: number) => {
    if (!memo.has(key)) throw damaged();
    push(memo.get(key));
  };
  const dictOf = (items: unknown[], dict: Dict): Dict => {
    for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i], items[i + 1]);
    return dict;
  };
  const setItems = (items: unknown[]) => {
    const target = stack.at(-1);
    if (target instanceof Map) dictOf(items, target);
    else if (target instanceof PickledObject) dictOf(items, target.entries);
    else throw damaged();
  };
  const append = (items: unknown[]) => {
    const target = stack.at(-1);
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (!(target instanceof PickledObject)) throw damaged();
  };
  const named = (module: unknown, name: unknown) => {
    const full = `${String(module)}.${String(name)}`;
    if (!/^[^\p{Cc}]{1,300}$/u.test(full)) throw damaged();
    const substitute = globals.get(full);
    if (!substitute) strangers.add(full);
    push(substitute ?? new PickledGlobal(full));
  };
  const call = ([maker, args]: unknown[]) => {
    if (typeof maker !== 'function') push(new PickledObject(maker, args));
    else if (Array.isArray(args) && args.length < MAX_ARGUMENTS) push(maker(...args));
    else throw damaged();
  };
  const build = (state: unknown) => {
    const target = stack.at(-1);
    // With slots it is a pair. Dicts have their metadata there, which is of no use.
    if (target instanceof PickledObject) target.state = Array.isArray(state) && state.length === 2 ? state[0] : state;
  };

  const opcodes: Record<string, () => void> = {
    '}': () => push(new Map()),
    d: () => push(dictOf(sinceMark(), new Map())),
    ']': () => push([]),
    ')': () => push([]),
    l: () => push(sinceMark()),
    t: () => push(sinceMark()),
    '\x85': () => push(popMany(1)),
    '\x86': () => push(popMany(2)),
    '\x87': () => push(popMany(3)),
    '\x8f': () => push([]),
    '\x91': () => push(sinceMark()),
    '(': () => push(MARK),
    0: () => void pop(),
    1: () => void sinceMark(),
    2: () => {
      const value = pop();
      stack.push(value, value);
    },
    N: () => push(null),
    '\x88': () => push(true),
    '\x89': () => push(false),
    // Python 2 writes numbers that 32 bits do not hold as text.
    I: () => push(Number(line())),
    L: () => push(Number(line().replace(/L$/, ''))),
    F: () => push(Number(line())),
    K: () => push(byte()),
    M: () => push(byte() + 256 * byte()),
    J: () => push(uint32() | 0),
    '\x8a': () => push(littleEndian(take(byte()))),
    '\x8b': () => push(littleEndian(take(uint32()))),
    G: () => {
      take(8);
      push(view.getFloat64(at - 8));
    },
    X: () => push(text(take(uint32()))),
    '\x8c': () => push(text(take(byte()))),
    '\x8d': () => push(text(take(uint64()))),
    U: () => push(bytesOrText(take(byte()))),
    T: () => push(bytesOrText(take(uint32()))),
    C: () => push(bytesOrText(take(byte()))),
    B: () => push(bytesOrText(take(uint32()))),
    '\x8e': () => push(bytesOrText(take(uint64()))),
    '\x96': () => push(bytesOrText(take(uint64()))),
    q: () => void memo.set(byte(), stack.at(-1)),
    r: () => void memo.set(uint32(), stack.at(-1)),
    '\x94': () => void memo.set(memo.size, stack.at(-1)),
    h: () => recall(byte()),
    j: () => recall(uint32()),
    a: () => append(popMany(1)),
    e: () => append(sinceMark()),
    '\x90': () => append(sinceMark()),
    s: () => setItems(popMany(2)),
    u: () => setItems(sinceMark()),
    c: () => named(line(), line()),
    '\x93': () => {
      const [module, name] = popMany(2);
      if (typeof module !== 'string' || typeof name !== 'string') throw damaged();
      named(module, name);
    },
    R: () => call(popMany(2)),
    '\x81': () => call(popMany(2)),
    '\x92': () => call(popMany(3)),
    b: () => build(pop()),
    Q: () => push(load(pop())),
    // Which protocol, and how long a frame: neither is needed.
    '\x80': () => void byte(),
    '\x95': () => void take(8),
  };

  for (;;) {
    const opcode = String.fromCharCode(byte());
    if (opcode === '.') return { value: pop(), end: at, strangers };
    const run = opcodes[opcode];
    if (!run) throw damaged();
    run();
  }
}

/** Signed integer, little-endian; beyond 2^53 the nearest number. */
function littleEndian(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const value = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  return Number(BigInt.asIntN(8 * bytes.length, value));
}
