import { UserError } from '@simclr/stage';
import { planBlocks, type ResNetConfig } from '../resnet-config.ts';
import { blocksOf, choosePrefix, depthOf, type Mapping, type Shapes } from './mapping.ts';

/** torchvision's name of the shortcut, and the other that CIFAR networks use. */
const SHORTCUTS = ['downsample', 'shortcut'];
const FIRST_BLOCK = /^(.*?)layer1\.0\.conv1\.weight$/;
const OWN = /^(conv|bn|layer)\d.*(?<!\.num_batches_tracked)$/;
const NORM = [
  ['gamma', 'weight'],
  ['beta', 'bias'],
  ['moving_mean', 'running_mean'],
  ['moving_variance', 'running_var'],
] as const;

/**
 * Maps a ResNet named as torchvision.models.resnet names it, under any prefix (`module.`, `encoder.`). The depth follows
 * from the number of blocks, the width and the stem from the first kernel; what names and shapes do not show is taken to be
 * torchvision's (the stride on a bottleneck's 3×3). A classifier (`fc`) is left out.
 *
 * @param prefix which network, where there are several
 * @returns undefined where the names are other ones
 * @throws UserError where there are several networks, or its depth is none of ours
 */
export function mapTorchvision(shapes: Shapes, path: string, prefix?: string): Mapping | undefined {
  const prefixes = [...shapes.keys()].flatMap((name) => FIRST_BLOCK.exec(name)?.[1] ?? []);
  if (prefixes.length === 0) return undefined;
  const under = choosePrefix(prefixes, prefix, path);
  const stem = shapes.get(`${under}conv1.weight`);
  if (stem?.length !== 4) throw new UserError(`missing tensor: ${under}conv1.weight in ${path}, the stem's kernel`);
  const [width, channels, size] = stem as [number, number, number];
  const has = (name: string) => shapes.has(under + name);
  const bottleneck = has('layer1.0.conv3.weight');
  const counts = [1, 2, 3, 4].map((group) => {
    let count = 0;
    while (has(`layer${group}.${count}.conv1.weight`)) count++;
    return count;
  });
  const depth = depthOf(bottleneck, (config) => String(blocksOf(config)) === String(counts), path);
  const architecture: ResNetConfig = { depth, width, stem: size === 3 ? 'cifar' : 'imagenet', channels };
  const shortcut = SHORTCUTS.find((name) => has(`layer2.0.${name}.0.weight`)) ?? SHORTCUTS[0]!;

  const sources = new Map<string, string>();
  const convNorm = (ours: string, n: number, conv: string, norm: string) => {
    sources.set(`${ours}/conv${n}/kernel`, `${under}${conv}.weight`);
    for (const [field, theirs] of NORM) sources.set(`${ours}/bn${n}/${field}`, `${under}${norm}.${theirs}`);
  };
  convNorm('stem', 1, 'conv1', 'bn1');
  for (const { name, projection } of planBlocks(architecture)) {
    const [group, block] = name.match(/\d+/g)!.map(Number) as [number, number];
    const theirs = `layer${group}.${block - 1}`;
    if (projection) convNorm(`${name}/shortcut`, 1, `${theirs}.${shortcut}.0`, `${theirs}.${shortcut}.1`);
    for (const n of bottleneck ? [1, 2, 3] : [1, 2]) convNorm(name, n, `${theirs}.conv${n}`, `${theirs}.bn${n}`);
  }
  const own = [...shapes.keys()].filter((name) => name.startsWith(under) && OWN.test(name.slice(under.length)));
  return { architecture, sources, own, layout: 'OIHW' };
}
