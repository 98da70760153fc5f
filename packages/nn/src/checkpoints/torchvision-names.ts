import { UserError } from '@simclr/stage';
import { planBlocks, type ResNetConfig } from '../resnet-config.ts';
import { blocksOf, checkSize, choosePrefix, depthOf, type Mapping, type Shapes } from './mapping.ts';
import { findNetworks } from './network-names.ts';
import { refuseRelatives } from './other-networks.ts';

const OWN = /^(conv|bn|layer)\d.*(?<!\.num_batches_tracked)$/;
const NORM = [
  ['gamma', 'weight'],
  ['beta', 'bias'],
  ['moving_mean', 'running_mean'],
  ['moving_variance', 'running_var'],
] as const;

/**
 * Maps a ResNet of PyTorch's, under any prefix (`module.`, `encoder.`): named as torchvision.models.resnet names it, or in
 * one of the ways of `network-names.ts`. The depth follows from the number of blocks, the width and the stem from the first
 * kernel; for what names and shapes do not show, see geometry.ts. A classifier (`fc`) is left out.
 *
 * @param prefix which network, where there are several
 * @param identityOf equal for tensors that are one and the same in the file
 * @returns undefined where the names are other ones
 * @throws UserError where there are several networks, or it is none of ours
 */
export function mapTorchvision(
  shapes: Shapes,
  path: string,
  prefix?: string,
  identityOf: (name: string) => string = (name) => name,
): Mapping | undefined {
  const networks = findNetworks(shapes);
  if (networks.length === 0) return undefined;
  // A module that is named twice has its tensors twice.
  const seen = new Set<string>();
  const isNew = (identity: string) => !seen.has(identity) && seen.add(identity);
  const distinct = networks.filter(({ first }) => isNew(identityOf(first))).map((network) => network.prefix);
  const under = choosePrefix(prefix === undefined ? distinct : networks.map((network) => network.prefix), prefix, path);
  const others = networks.map((network) => network.prefix).filter((name) => name !== under);
  const names = networks.find((network) => network.prefix === under)!.names();
  const sourceOf = (name: string) => names.get(name) ?? under + name;
  const own = new Map([...names].map(([name, source]) => [name, shapes.get(source)!]));

  refuseRelatives(own, sourceOf, path);
  const stem = own.get('conv1.weight');
  if (stem?.length !== 4)
    throw new UserError(`missing tensor: ${sourceOf('conv1.weight')} in ${path}, the stem's kernel`);
  const [width, channels, size] = stem as [number, number, number];
  const bottleneck = own.has('layer1.0.conv3.weight');
  const counts = [1, 2, 3, 4].map((group) => {
    let count = 0;
    while (own.has(`layer${group}.${count}.conv1.weight`)) count++;
    return count;
  });
  const depth = depthOf(bottleneck, (config) => String(blocksOf(config)) === String(counts), path);
  const architecture: ResNetConfig = { depth, width, stem: size === 3 ? 'cifar' : 'imagenet', channels };

  checkSize(architecture, shapes, path);
  const sources = new Map<string, string>();
  const convNorm = (ours: string, n: number, conv: string, norm: string) => {
    sources.set(`${ours}/conv${n}/kernel`, sourceOf(`${conv}.weight`));
    for (const [field, theirs] of NORM) sources.set(`${ours}/bn${n}/${field}`, sourceOf(`${norm}.${theirs}`));
  };
  convNorm('stem', 1, 'conv1', 'bn1');
  for (const { name, projection } of planBlocks(architecture)) {
    const [group, block] = name.match(/\d+/g)!.map(Number) as [number, number];
    const theirs = `layer${group}.${block - 1}`;
    if (projection) convNorm(`${name}/shortcut`, 1, `${theirs}.downsample.0`, `${theirs}.downsample.1`);
    for (const n of bottleneck ? [1, 2, 3] : [1, 2]) convNorm(name, n, `${theirs}.conv${n}`, `${theirs}.bn${n}`);
  }
  const ownSources = [...names].flatMap(([name, source]) => (OWN.test(name) ? [source] : []));
  return { architecture, sources, own: ownSources, layout: 'OIHW', prefix: under, others };
}
