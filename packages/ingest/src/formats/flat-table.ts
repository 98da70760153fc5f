/** Tables of a whole schema, read at most; a damaged one may name the same ones again and again. */
const MOST_TABLES = 100_000;

/**
 * A table of a FlatBuffer, of which every read lies within its bytes: the readers that Arrow's libraries have trust them, and
 * damaged ones abort the process or never end.
 *
 * @throws RangeError for places outside
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #budget: { tables: number };

  private constructor(view: DataView, at: number, budget: { tables: number }) {
    if (--budget.tables < 0) throw new Error(`it has more than ${MOST_TABLES} tables`);
    this.#view = view;
    this.#at = at;
    this.#budget = budget;
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, view.getUint32(0, true), { tables: MOST_TABLES });
  }

  /** Where a field is; undefined where it has its default. */
  #place(field: number): number | undefined {
    const fields = this.#at - this.#view.getInt32(this.#at, true);
    const entry = 4 + 2 * field;
    if (entry + 2 > this.#view.getUint16(fields, true)) return undefined;
    const offset = this.#view.getUint16(fields + entry, true);
    return offset === 0 ? undefined : this.#at + offset;
  }

  #follow(field: number): number | undefined {
    const at = this.#place(field);
    return at === undefined ? undefined : at + this.#view.getUint32(at, true);
  }

  byte(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  short(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : this.#view.getInt16(at, true);
  }

  int(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : this.#view.getInt32(at, true);
  }

  long(field: number): number {
    const at = this.#place(field);
    return at === undefined ? 0 : Number(this.#view.getBigInt64(at, true));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#follow(field);
    return at === undefined ? undefined : new FlatTable(this.#view, at, this.#budget);
  }

  text(field: number): string | undefined {
    const at = this.#follow(field);
    if (at === undefined) return undefined;
    const length = this.#view.getUint32(at, true);
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + at + 4, this.#within(at + 4, length)).toString();
  }

  /** @returns `length`, where so many bytes are there */
  #within(at: number, length: number): number {
    if (at + length > this.#view.byteLength) throw new RangeError('outside of the table');
    return length;
  }

  #items(field: number, bytes: number): { at: number; length: number } {
    const at = this.#follow(field);
    if (at === undefined) return { at: 0, length: 0 };
    const length = this.#view.getUint32(at, true);
    this.#within(at + 4, length * bytes);
    return { at: at + 4, length };
  }

  tables(field: number): FlatTable[] {
    const { at, length } = this.#items(field, 4);
    return Array.from({ length }, (_, i) => {
      const place = at + 4 * i;
      return new FlatTable(this.#view, place + this.#view.getUint32(place, true), this.#budget);
    });
  }

  longs(field: number): number[] {
    const { at, length } = this.#items(field, 8);
    return Array.from({ length }, (_, i) => Number(this.#view.getBigInt64(at + 8 * i, true)));
  }

  /** Structs of two longs. */
  pairs(field: number): [number, number][] {
    const { at, length } = this.#items(field, 16);
    const long = (place: number) => Number(this.#view.getBigInt64(place, true));
    return Array.from({ length }, (_, i) => [long(at + 16 * i), long(at + 16 * i + 8)]);
  }
}
