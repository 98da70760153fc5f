import { stratifiedSplit } from './split.ts';

/** Classes that are named in a note. */
const MOST_NAMED = 5;

/**
 * Splits images by class. Each class keeps an image for training; the test split has one at least, unless no
 * class can give one.
 */
export function splitListed<Image extends { label: number }>(
  files: readonly Image[],
  classes: readonly string[],
  testFraction: number,
  seed: number,
): { train: Image[]; test: Image[]; notes: string[] } {
  const { train, test } = stratifiedSplit(
    files.map(({ label }) => label),
    Math.max(1, Math.round(files.length * testFraction)),
    seed,
  );
  const tested = new Set(test.map((row) => files[row]!.label));
  const without = classes.filter((_, label) => !tested.has(label));
  const named = `${without.slice(0, MOST_NAMED).join(', ')}${without.length > MOST_NAMED ? ', …' : ''}`;
  const notes = [
    `no test image of ${without.length} of ${classes.length} classes, too small for testFraction ${testFraction}: ${named}`,
  ];
  return {
    train: train.map((row) => files[row]!),
    test: test.map((row) => files[row]!),
    notes: without.length > 0 ? notes : [],
  };
}
