import { UserError } from '@simclr/stage';
import type { HeadConfig } from '../heads.ts';
import { DEPTHS, isBottleneck, planBlocks, type ResNetConfig } from '../resnet-config.ts';

/** Shapes by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Which tensors of a checkpoint make which network. */
export interface Mapping {
  architecture: ResNetConfig;
  /** The projection head, where the checkpoint has one. */
  head?: HeadConfig | undefined;
  /** Classes of the supervised head, where the checkpoint has one. */
  classes?: number | undefined;
  /** Names in the checkpoint by ours; some may be missing there. */
  sources: ReadonlyMap<string, string>;
  /** The encoder's own tensors in the checkpoint: one that no variable wants says that the network is another. */
  own: readonly string[];
  /** PyTorch's kernels are OIHW, ours HWIO. */
  layout: 'HWIO' | 'OIHW';
}

/** The depth of a network with so many blocks a group. Throws UserError where ResNets come in none such. */
export function depthOf(bottleneck: boolean, fits: (config: ResNetConfig) => boolean, path: string): number {
  const depth = DEPTHS.find((candidate) => {
    const config: ResNetConfig = { depth: candidate, width: 1, stem: 'cifar', channels: 3 };
    return isBottleneck(config) === bottleneck && fits(config);
  });
  if (depth === undefined) {
    const kind = bottleneck ? 'bottlenecks' : 'basic blocks';
    throw new UserError(`unknown depth: no ResNet has as many ${kind} as ${path}. allowed: ${DEPTHS.join(', ')}`);
  }
  return depth;
}

/** Blocks in each of the four groups. */
export function blocksOf(config: ResNetConfig): number[] {
  const counts = [0, 0, 0, 0];
  for (const { name } of planBlocks(config)) counts[Number(name['group'.length]) - 1]!++;
  return counts;
}

/**
 * The one network of a checkpoint, or the one asked for.
 * @param prefixes what the names of each network's tensors start with
 */
export function choosePrefix(prefixes: string[], wanted: string | undefined, path: string): string {
  if (wanted === undefined && prefixes.length === 1) return prefixes[0]!;
  const list = prefixes.map((prefix) => prefix || "''").join(', ');
  if (wanted === undefined) throw new UserError(`several networks: ${list} in ${path}. choose one with --prefix`);
  const found = prefixes.find((prefix) => prefix.replace(/[./]$/, '') === wanted.replace(/[./]$/, ''));
  if (found === undefined) throw new UserError(`unknown prefix: ${wanted} in ${path}. allowed: ${list}`);
  return found;
}
