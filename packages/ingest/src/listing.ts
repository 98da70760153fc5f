import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import type { Labelled } from './labelled-images.ts';

/** The lines of a text that are not empty, without spaces around. */
export const linesOf = (text: Uint8Array | undefined): string[] =>
  Buffer.from(text ?? [])
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);

/** What label files list: images by the path in their archive, each once, with a class that there is. */
export class Listing {
  readonly images = new Map<string, Labelled>();
  readonly #dataset: string;
  readonly #labels: Map<string, number>;
  readonly #classes: readonly string[];

  constructor(dataset: string, classes: readonly string[]) {
    this.#dataset = dataset;
    this.#classes = classes;
    this.#labels = new Map(classes.map((name, label) => [name, label]));
  }

  /** @throws UserError for an image that is listed already, or a class that there is not */
  add(key: string, split: SplitName, label: number | Int8Array, path: string): void {
    if (typeof label === 'number' && !(Number.isInteger(label) && label >= 0 && label < this.#classes.length))
      throw this.invalid(`${path} is of class ${label}, counted from 0. expected 0..${this.#classes.length - 1}`);
    const before = this.images.get(key);
    if (before)
      throw this.invalid(
        before.split === split ? `${path} is listed twice` : `${path} is in ${before.split} and in ${split}`,
      );
    this.images.set(key, { split, label, path });
  }

  /** The label of a class by its name. */
  labelOf(name: string): number {
    const label = this.#labels.get(name);
    if (label === undefined)
      throw this.invalid(`class ${JSON.stringify(name)} is not among the ${this.#classes.length}`);
    return label;
  }

  invalid(why: string): UserError {
    return new UserError(`invalid ${this.#dataset}: ${why}. fetch its archives again`);
  }
}
