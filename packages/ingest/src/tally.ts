import { hash } from 'node:crypto';
import type { SplitName } from '@simclr/shards';
import type { DatasetRow } from './dataset.ts';

/** Images of a split that are in an earlier one too, byte for byte (raw ones: pixel for pixel). */
export interface Duplicates {
  split: SplitName;
  alsoIn: SplitName;
  images: number;
  /** One of them: its path, or its row. */
  example: string;
}

const SPLITS: SplitName[] = ['train', 'validation', 'test'];

/** What is counted of the rows of a dataset as they pass: images of each class and split, and those that are in two splits. */
export class Tally {
  readonly #classes: number;
  readonly #perClass = new Map<SplitName, Int32Array>();
  readonly #rows = new Map<SplitName, number>();
  /** Splits of a content, one bit each: 64 bits of its digest are its key, so that a million of them fit. */
  readonly #splits = new Map<string, number>();
  /** Of contents that come again: how many are in each split, and the last name there. */
  readonly #again = new Map<string, { images: number; example: string }[]>();

  constructor(classes: number) {
    this.#classes = classes;
  }

  add(row: DatasetRow): void {
    const { split, label } = row;
    const counts = this.perClass(split);
    this.#perClass.set(split, counts);
    if (typeof label === 'number') counts[label]!++;
    else label.forEach((value, i) => void (value > 0 && counts[i]!++));
    const at = this.#rows.get(split) ?? 0;
    this.#rows.set(split, at + 1);
    const key = hash('sha256', 'pixels' in row ? row.pixels : row.bytes).slice(0, 16);
    const bit = 1 << SPLITS.indexOf(split);
    const before = this.#splits.get(key) ?? 0;
    this.#splits.set(key, before | bit);
    if (before === 0) return;
    // Where it came first there was no name to keep.
    const places = this.#again.get(key) ?? SPLITS.map((_, i) => ({ images: (before >> i) & 1, example: '' }));
    const place = places[SPLITS.indexOf(split)]!;
    place.images++;
    place.example = 'path' in row ? row.path : `row ${at}`;
    this.#again.set(key, places);
  }

  /** Images of each class, in their order; of several classes an image counts for each that it shows. */
  perClass(split: SplitName): Int32Array {
    return this.#perClass.get(split) ?? new Int32Array(this.#classes);
  }

  duplicates(): Duplicates[] {
    const found: Duplicates[] = [];
    for (const [i, split] of SPLITS.entries())
      for (const [k, alsoIn] of SPLITS.slice(0, i).entries()) {
        const both = [...this.#again.values()].filter((places) => places[i]!.images > 0 && places[k]!.images > 0);
        if (both.length === 0) continue;
        const images = both.reduce((sum, places) => sum + places[i]!.images, 0);
        found.push({ split, alsoIn, images, example: both[0]![i]!.example || both[0]![k]!.example });
      }
    return found;
  }
}
