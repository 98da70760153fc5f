import { HASHES, hashes, WORDS } from './hash.ts';
import { KEPT_VALUES, keep } from './likeness.ts';
import { SIDE, shrink } from './shrink.ts';

/** Standard deviation of grey values, of 255, below which a picture is as good as blank: it looks like any other such. */
const BLANK = 2;

/** Side in px below which a picture has too little to be known by. */
const TINY = 16;

/** What images look like, in 816 bytes each: hashes, and a small picture by which what they find is verified. */
export class Looks {
  #count = 0;
  #hashes = new Int32Array(1024 * HASHES * WORDS);
  #pictures = new Uint8Array(1024 * KEPT_VALUES);
  readonly #blank = new Set<number>();
  readonly #grey = new Float64Array(SIDE * SIDE);

  /** Images added. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds an image as the next row.
   *
   * @param pixels [h, w, c], 0..255
   * @param shape c = 1: grey, 3: RGB
   */
  add(pixels: ArrayLike<number>, shape: readonly [number, number, number]): void {
    const small = shrink(pixels, shape);
    const row = this.#count++;
    if (row * KEPT_VALUES === this.#pictures.length) {
      const [hashes, pictures] = [this.#hashes, this.#pictures];
      this.#hashes = new Int32Array(2 * hashes.length);
      this.#hashes.set(hashes);
      this.#pictures = new Uint8Array(2 * pictures.length);
      this.#pictures.set(pictures);
    }
    let [sum, squares] = [0, 0];
    for (let i = 0; i < SIDE * SIDE; i++) {
      const grey = 0.299 * small[3 * i]! + 0.587 * small[3 * i + 1]! + 0.114 * small[3 * i + 2]!;
      this.#grey[i] = grey;
      sum += grey;
      squares += grey * grey;
    }
    const n = SIDE * SIDE;
    const tiny = Math.min(shape[0], shape[1]) < TINY;
    if (tiny || squares / n - (sum / n) ** 2 < BLANK ** 2) this.#blank.add(row);
    hashes(this.#grey, this.#hashes.subarray(row * HASHES * WORDS, (row + 1) * HASHES * WORDS));
    keep(small, this.picture(row));
  }

  /** The picture has nothing to tell it by, as it is blank or tiny: only equal bytes say that it is another. */
  isBlank(row: number): boolean {
    return this.#blank.has(row);
  }

  /** [HASHES, WORDS]: of the whole image, then of its windows. */
  hashesOf(row: number): Int32Array {
    return this.#hashes.subarray(row * HASHES * WORDS, (row + 1) * HASHES * WORDS);
  }

  /** Values by which `likeness` compares. */
  picture(row: number): Uint8Array {
    return this.#pictures.subarray(row * KEPT_VALUES, (row + 1) * KEPT_VALUES);
  }
}
