/**
 * The numbers of colours of a bitmap that is stored in runs, of 8 bits or of 4.
 * @returns uint8, [height, width], rows as they are stored; what the runs pass over is 0
 * @throws Error where they end too soon
 */
export function bmpRuns(bytes: Uint8Array, width: number, height: number, bits: number): Uint8Array {
  const numbers = new Uint8Array(width * height);
  let [x, y, at] = [0, 0, 0];
  const next = () => {
    if (at >= bytes.length) throw new Error('truncated BMP: its pixels end too soon');
    return bytes[at++]!;
  };
  const put = (number: number) => {
    if (x < width && y < height) numbers[y * width + x] = number;
    x++;
  };
  while (y < height) {
    const [count, value] = [next(), next()];
    if (count > 0) {
      for (let i = 0; i < count; i++) put(bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      return numbers;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      const start = at;
      let byte = 0;
      for (let i = 0; i < value; i++) {
        if (bits === 8 || i % 2 === 0) byte = next();
        put(bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
      }
      if ((at - start) % 2 === 1) at++;
    }
  }
  return numbers;
}
