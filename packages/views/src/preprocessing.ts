import { type Preprocessing, type ResizeName, resizeName } from '@simclr/artifacts';
import { parsePair } from './pair.ts';
import { parsePolicy } from './parse.ts';
import { isCrop } from './policy.ts';
import { printPolicy } from './print.ts';

/** The resize that views of a policy, or of a pair, have: an encoder is best evaluated on what it was trained on. */
export function resizeOf(views: string): ResizeName {
  const crop = parsePair(views)
    .flat()
    .find(({ name }) => isCrop(name));
  return (crop?.args.resize ?? 'bicubic') as ResizeName;
}

/**
 * The preprocessing as a view policy. Views are square: an encoder of other images takes them as they are.
 * @param crop another share of the side
 */
export function evaluationPolicy(how: Preprocessing, crop: number = how.crop): string {
  const [side] = how.size;
  const resize = resizeName(how);
  const shown = how.squash ? `squash(${side},resize=${resize})` : `centercrop(${crop},to=${side},resize=${resize})`;
  return printPolicy(parsePolicy(shown));
}
