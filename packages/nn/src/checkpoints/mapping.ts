import { UserError } from '@simclr/stage';
import { sizeOf } from '@simclr/tensorflow/tensors';
import { planNetwork } from '../conv-plan.ts';
import type { HeadConfig } from '../head-config.ts';
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
  /** What the network's names start with, and what those of the others in the file do. */
  prefix: string;
  others: readonly string[];
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

/** Words of a name that tell an average of the trained network: MoCo's key encoder, BYOL's target, DINO's teacher. */
const AVERAGED = new Set(['teacher', 'target', 'momentum', 'ema', 'averaged', 'avg', 'swa', 'shadow', 'key', 'k']);
const isAveraged = (prefix: string): boolean => prefix.split(/[._/]/).some((word) => AVERAGED.has(word.toLowerCase()));

/**
 * The one network of a checkpoint, or the one asked for. Where one of several is trained and the others are averages of
 * it (`encoder_k`, `teacher`, `ema`), it is the trained one.
 *
 * @param prefixes what the names of each network's tensors start with
 * @param wanted one of them, or its last parts
 */
export function choosePrefix(prefixes: string[], wanted: string | undefined, path: string): string {
  if (wanted === undefined && prefixes.length === 1) return prefixes[0]!;
  const bare = (prefix: string) => prefix.replace(/[./]$/, '');
  const some = prefixes.slice(0, 8).map((prefix) => prefix || "''");
  const list = [...some, ...(prefixes.length > 8 ? ['…'] : [])].join(', ');
  if (wanted === undefined) {
    const [trained, ...rest] = prefixes.filter((prefix) => !isAveraged(prefix));
    if (trained !== undefined && rest.length === 0) return trained;
    throw new UserError(`several networks: ${list} in ${path}. choose one with --prefix`);
  }
  const exact = prefixes.find((prefix) => bare(prefix) === bare(wanted));
  const ending = prefixes.filter((prefix) => ['.', '/'].some((sign) => bare(prefix).endsWith(sign + bare(wanted))));
  const found = exact ?? (ending.length === 1 ? ending[0] : undefined);
  if (found === undefined) throw new UserError(`unknown prefix: ${wanted} in ${path}. allowed: ${list}`);
  return found;
}

/**
 * Refuses a network that the file cannot hold, before anything of its size is made.
 * @throws UserError where no tensor is as large as the largest kernel
 */
export function checkSize(architecture: ResNetConfig, shapes: Shapes, path: string): void {
  const { convolutions } = planNetwork(architecture, [1, 1]);
  const kernel = Math.max(...convolutions.map(({ size, from, to }) => size * size * from * to));
  if ([...shapes.values()].some((shape) => sizeOf(shape) >= kernel)) return;
  const { depth, width } = architecture;
  throw new UserError(
    `shapes differ: ${path} has no tensor of the ${kernel} numbers of ResNet-${depth}, width ${width}`,
  );
}
