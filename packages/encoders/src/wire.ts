import { readFileSync } from 'node:fs';
import { fieldsOf } from '@simclr/nn/checkpoints';
import { UserError } from '@simclr/stage';

/** A message of protocol buffers: its fields by number. Bytes are views: who writes into them writes into the message. */
export class WireMessage {
  readonly #fields: ReturnType<typeof fieldsOf>;

  constructor(bytes: Uint8Array) {
    this.#fields = fieldsOf(bytes);
  }

  messages(number: number): WireMessage[] {
    return this.#fields.bytes(number).map((bytes) => new WireMessage(bytes));
  }

  message(number: number): WireMessage {
    return this.messages(number).at(-1) ?? new WireMessage(new Uint8Array(0));
  }

  bytes(number: number): Uint8Array | undefined {
    return this.#fields.bytes(number).at(-1);
  }

  texts(number: number): string[] {
    return this.#fields.bytes(number).map((bytes) => Buffer.from(bytes).toString('utf8'));
  }

  text(number: number): string {
    return this.texts(number).at(-1) ?? '';
  }

  int(number: number): number | undefined {
    return this.#fields.ints(number).at(-1);
  }

  ints(number: number): number[] {
    return this.#fields.ints(number);
  }

  /** A `map<string, message>`. */
  map(number: number): Map<string, WireMessage> {
    return new Map(this.messages(number).map((entry) => [entry.text(1), entry.message(2)]));
  }
}

/**
 * Reads a file that is one message.
 * @param kind what it should be, in words
 * @throws UserError whatever is wrong with its bytes
 */
export function readWire<T>(path: string, kind: string, read: (message: WireMessage, bytes: Uint8Array) => T): T {
  const bytes = readFileSync(path);
  try {
    return read(new WireMessage(bytes), bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`damaged: ${path} is no ${kind}, or cut off. copy or export it again`);
  }
}
