/**
 * Numbers of few bits in Parquet's hybrid of runs and packed bits: levels, and entries of a dictionary.
 *
 * @param largest number that may come: its bits are those of each
 * @throws Error where there are fewer than `count`
 */
export function readLevels(bytes: Uint8Array, largest: number, count: number): Uint32Array {
  const width = largest === 0 ? 0 : Math.floor(Math.log2(largest)) + 1;
  if (width > 32) throw new Error(`numbers of ${width} bits`);
  const numbers = new Uint32Array(count);
  let at = 0;
  const byte = () => {
    if (at >= bytes.length) throw new Error('a page ends too soon');
    return bytes[at++]!;
  };
  for (let done = 0; done < count; ) {
    let [header, shift] = [0, 0];
    for (let next = 0x80; next & 0x80; shift += 7) {
      next = byte();
      header += (next & 0x7f) * 2 ** shift;
      if (shift > 28) throw new Error('a run that is too long');
    }
    const run = Math.floor(header / 2);
    if (run === 0) throw new Error('an empty run');
    if (header % 2 === 0) {
      let value = 0;
      for (let i = 0; i < Math.ceil(width / 8); i++) value += byte() * 2 ** (8 * i);
      const end = Math.min(count, done + run);
      numbers.fill(value, done, end);
      done = end;
      continue;
    }
    const end = Math.min(count, done + 8 * run);
    let [bits, room] = [0, 0];
    for (const from = at; done < end; done++) {
      for (; room < width; room += 8) bits += byte() * 2 ** room;
      numbers[done] = bits % 2 ** width;
      bits = Math.floor(bits / 2 ** width);
      room -= width;
      // Runs are padded to whole bytes of eight numbers.
      if (done === end - 1) at = Math.min(bytes.length, from + run * width);
    }
  }
  return numbers;
}
