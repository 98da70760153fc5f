import { UserError } from '@simclr/stage';

/**
 * @param others of the dataset's other splits
 * @throws UserError where splits name other classes, or the same in another order: a label would mean something else there
 */
export function requireSameClasses(
  dataset: string,
  train: readonly string[],
  others: Record<string, readonly string[]>,
) {
  for (const [split, classes] of Object.entries(others)) {
    const at = Array.from({ length: Math.max(train.length, classes.length) }, (_, i) => i).find(
      (i) => train[i] !== classes[i],
    );
    if (at === undefined) continue;
    const [own, other] = [train[at] ?? 'none', classes[at] ?? 'none'];
    throw new UserError(
      `class order differs: label ${at} is ${own} in train of ${dataset} and ${other} in ${split}. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  }
}
