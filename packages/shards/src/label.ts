import { type Data, FixedSizeList, Int8, Int64, makeData } from 'apache-arrow';
import type { SplitFeatures } from './features.ts';

/**
 * What an image is of: a class; or, where an image may be of several, a value for each class, as PASCAL VOC has them: 1 where
 * it is there, 0 where it is there only in ways that were marked as difficult (an evaluation passes over the image), -1 where
 * it is not.
 */
export type Label = number | Int8Array;

/** Checks that a label is one of these features. @throws Error that says what was allowed */
export function requireLabel(label: Label, { classes, severalLabels }: SplitFeatures, row: number): void {
  if (typeof label === 'number') {
    if (severalLabels || !Number.isInteger(label) || label < 0 || label >= classes.length)
      throw new Error(
        `invalid label: ${label} of row ${row}. expected ${severalLabels ? 'a value for each class' : `0..${classes.length - 1}`}`,
      );
  } else if (!severalLabels || label.length !== classes.length || label.some((value) => value < -1 || value > 1)) {
    throw new Error(
      `invalid label: [${label}] of row ${row}. expected ${severalLabels ? `-1, 0 or 1 for each of ${classes.length} classes` : 'a class'}`,
    );
  }
}

/** The column of labels: int64, or a list of int8 for each image. */
export function labelColumn(labels: readonly Label[], type: Int64 | FixedSizeList): Data {
  if (!(type instanceof FixedSizeList)) {
    const data = BigInt64Array.from(labels as number[], (label) => BigInt(label));
    return makeData({ type: new Int64(), data });
  }
  const data = new Int8Array(labels.length * type.listSize);
  labels.forEach((label, i) => void data.set(label as Int8Array, i * type.listSize));
  const child = makeData({ type: new Int8(), data });
  return makeData({ type, length: labels.length, nullCount: 0, child });
}
