import { UserError } from '@simclr/stage';

/** What a pickle may name: a function of the reader's own in the place of Python's. */
export type Globals = ReadonlyMap<string, (...args: unknown[]) => unknown>;

/** A Python dict or OrderedDict. */
export type Dict = Map<unknown, unknown>;

const MARK = Symbol('mark');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/**
 * Reads a pickle of protocol 2 made of data alone: numbers, strings, tuples, lists, dicts, and calls of `globals`. It runs
 * nothing: any other name or opcode is an error.
 *
 * @param load gives the object of a persistent id
 * @throws UserError where the pickle holds anything else, or is damaged
 */
export function readPickle(bytes: Uint8Array, path: string, globals: Globals, load: (id: unknown) => unknown): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;
  const damaged = () => new UserError(`damaged: ${path}, its pickle at byte ${at}. copy the file again`);
  const take = (count: number): Uint8Array => {
    at += count;
    if (at > bytes.length) throw damaged();
    return bytes.subarray(at - count, at);
  };
  const byte = () => take(1)[0]!;
  const uint32 = () => {
    take(4);
    return view.getUint32(at - 4, true);
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw damaged();
    const content = text(take(end - at));
    at++;
    return content;
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw damaged();
    return stack.pop();
  };
  const top = <T>(type: new (...args: never[]) => T): T => {
    const value = stack.at(-1);
    if (!(value instanceof type)) throw damaged();
    return value;
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
  const remembered = (key: number): unknown => {
    if (!memo.has(key)) throw damaged();
    return memo.get(key);
  };
  const setItems = (items: unknown[]): void => {
    const dict = top<Dict>(Map);
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };

  const opcodes: Record<string, () => unknown> = {
    '}': () => stack.push(new Map()),
    ']': () => stack.push([]),
    ')': () => stack.push([]),
    '(': () => stack.push(MARK),
    N: () => stack.push(null),
    '\x88': () => stack.push(true),
    '\x89': () => stack.push(false),
    K: () => stack.push(byte()),
    M: () => stack.push(byte() + 256 * byte()),
    J: () => stack.push(uint32() | 0),
    '\x8a': () => stack.push(littleEndian(take(byte()))),
    G: () => {
      take(8);
      stack.push(view.getFloat64(at - 8));
    },
    X: () => stack.push(text(take(uint32()))),
    q: () => memo.set(byte(), stack.at(-1)),
    r: () => memo.set(uint32(), stack.at(-1)),
    h: () => stack.push(remembered(byte())),
    j: () => stack.push(remembered(uint32())),
    t: () => stack.push(sinceMark()),
    '\x85': () => stack.push(popMany(1)),
    '\x86': () => stack.push(popMany(2)),
    '\x87': () => stack.push(popMany(3)),
    a: () => {
      const [item] = popMany(1);
      top<unknown[]>(Array).push(item);
    },
    e: () => {
      const items = sinceMark();
      top<unknown[]>(Array).push(...items);
    },
    s: () => setItems(popMany(2)),
    u: () => setItems(sinceMark()),
    c: () => {
      const name = `${line()}.${line()}`;
      const made = globals.get(name);
      if (!made) {
        throw new UserError(
          `refused to load: ${path} names ${name}, and nothing but tensors is read. save its state_dict alone: torch.save(model.state_dict(), 'new.pth')`,
        );
      }
      stack.push(made);
    },
    R: () => {
      const [call, args] = popMany(2);
      if (typeof call !== 'function' || !Array.isArray(args)) throw damaged();
      stack.push(call(...args));
    },
    // State of an object: the metadata that a state_dict has beside its items.
    b: () => void pop(),
    Q: () => stack.push(load(pop())),
  };

  if (byte() !== 0x80 || byte() !== 2)
    throw new UserError(`unsupported pickle: ${path}. allowed: protocol 2, torch.save's default`);
  for (;;) {
    const opcode = String.fromCharCode(byte());
    if (opcode === '.') return pop();
    const run = opcodes[opcode];
    if (!run) {
      const code = opcode.charCodeAt(0).toString(16).padStart(2, '0');
      throw new UserError(
        `unsupported pickle: opcode 0x${code} in ${path}. save its state_dict alone: torch.save(model.state_dict(), 'new.pth')`,
      );
    }
    run();
  }
}

/** Signed integer of up to 8 bytes or so, little-endian. */
function littleEndian(bytes: Uint8Array): number {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return Number(BigInt.asIntN(8 * bytes.length, value));
}
