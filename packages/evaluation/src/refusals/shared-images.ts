import type { Flag } from '@simclr/artifacts';
import type { FeatureSource } from '../feature-source.ts';
import type { Learned } from '../protocols/learning.ts';

type Source = Pick<FeatureSource, 'dataset' | 'images'>;

/** Rows whose image is among others. */
const shared = (rows: readonly string[], others: ReadonlySet<string>): number =>
  rows.filter((digest) => others.has(digest)).length;

/** Images that are learned from and judged on as well, the same to the byte. */
export function flagShared({ dataset, images }: Source): Flag[] {
  if (!images) return [];
  const { train, validation = [], test } = images;
  const flag = (found: number, of: number, split: string, where: string): Flag[] =>
    found === 0
      ? []
      : [
          {
            kind: 'train-test-duplicates',
            dataset,
            message: `${split} rows in training: ${found} of ${of} ${split} images of ${dataset} are in ${where} too, the same to the byte. take them out of ${where}`,
          },
        ];
  const known = new Set(train);
  return [
    ...flag(shared(test, known), test.length, 'test', 'train'),
    ...flag(shared(test, new Set(validation)), test.length, 'test', 'validation'),
    ...flag(shared(validation, known), validation.length, 'validation', 'train'),
  ];
}

/** Draws of some labels, to be looked through for images that are judged on. */
export function collectDraws() {
  const draws = new Map<string, Uint32Array>();
  return {
    add({ key: { protocol, labelFraction, shots, draw }, drawn }: Pick<Learned, 'key' | 'drawn'>): void {
      const labels = shots === undefined ? `${labelFraction} of the labels` : `${shots} a class`;
      if (drawn) draws.set(`${protocol}, ${labels}, draw ${draw}`, drawn);
    },
    /** Rows drawn count those of train and, after them, those of an official validation split. */
    flag({ dataset, images }: Source): Flag[] {
      if (!images) return [];
      const known = [...images.train, ...(images.validation ?? [])];
      const test = new Set(images.test);
      const leaks = [...draws].flatMap(([name, rows]) => {
        const found = shared(
          Array.from(rows, (row) => known[row]!),
          test,
        );
        return found === 0 ? [] : [`${found} of ${rows.length} (${name})`];
      });
      if (leaks.length === 0) return [];
      const message = `labels leak: rows drawn of ${dataset} are test images too: ${leaks.join('; ')}. take them out of train`;
      return [{ kind: 'label-leak', dataset, message }];
    },
  };
}
