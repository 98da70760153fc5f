import type { Shapes } from './mapping.ts';

/** A ResNet in a checkpoint. */
export interface NamedNetwork {
  /** What its tensors' names start with. */
  prefix: string;
  /** The first block's first kernel. */
  first: string;
  /** Its tensors by torchvision's names of them. */
  names(): ReadonlyMap<string, string>;
}

/** A way to name a ResNet's layers: the name that shows it, with its prefix, and torchvision's name for each of its. */
interface Scheme {
  first: RegExp;
  rename(name: string): string;
}

const next = (n: string): number => Number(n) + 1;

const SCHEMES: Scheme[] = [
  // torchvision, timm, OpenMMLab, VISSL, solo-learn, MoCo; CIFAR networks say `shortcut` for `downsample`.
  {
    first: /^(.*?)layer1\.0\.conv1\.weight$/,
    rename: (name) => name.replace(/^(layer\d+\.\d+\.)shortcut\./, '$1downsample.'),
  },
  // Hugging Face's transformers.
  {
    first: /^(.*?)encoder\.stages\.0\.layers\.0\.layer\.0\.convolution\.weight$/,
    rename: (name) =>
      name
        .replace(/^embedder\.embedder\.convolution\./, 'conv1.')
        .replace(/^embedder\.embedder\.normalization\./, 'bn1.')
        .replace(/^encoder\.stages\.(\d+)\.layers\./, (_, stage) => `layer${next(stage)}.`)
        .replace(/\.shortcut\.convolution\./, '.downsample.0.')
        .replace(/\.shortcut\.normalization\./, '.downsample.1.')
        .replace(/\.layer\.(\d+)\.convolution\./, (_, n) => `.conv${next(n)}.`)
        .replace(/\.layer\.(\d+)\.normalization\./, (_, n) => `.bn${next(n)}.`),
  },
  // weiaicunzai/pytorch-cifar100.
  {
    first: /^(.*?)conv2_x\.0\.residual_function\.0\.weight$/,
    rename: (name) =>
      name
        .replace(/^conv1\.0\./, 'conv1.')
        .replace(/^conv1\.1\./, 'bn1.')
        .replace(/^conv([2-5])_x\./, (_, n) => `layer${Number(n) - 1}.`)
        .replace(/\.shortcut\./, '.downsample.')
        .replace(/\.residual_function\.([036])\./, (_, n) => `.conv${Number(n) / 3 + 1}.`)
        .replace(/\.residual_function\.([147])\./, (_, n) => `.bn${(Number(n) - 1) / 3 + 1}.`),
  },
];

/** A group of blocks that goes by its place in an nn.Sequential: `backbone.4.0.conv1.weight`. */
const INDEXED = /^((?:.*\.)?)(\d+)\.0\.conv1\.weight$/;

/** Every ResNet among the names, in their order. */
export function findNetworks(shapes: Shapes): NamedNetwork[] {
  const all = [...shapes.keys()];
  const network = (prefix: string, first: string, renameOf: () => Scheme['rename']): NamedNetwork => ({
    prefix,
    first,
    names() {
      const rename = renameOf();
      const own = all.filter((name) => name.startsWith(prefix));
      return new Map(own.map((name) => [rename(name.slice(prefix.length)), name]));
    },
  });
  const found = SCHEMES.flatMap(({ first, rename }) =>
    all.flatMap((name) => {
      const prefix = first.exec(name)?.[1];
      return prefix === undefined ? [] : [network(prefix, name, () => rename)];
    }),
  );
  const indexed = all.flatMap((name) => {
    const [, prefix, index] = INDEXED.exec(name) ?? [];
    return prefix === undefined ? [] : [{ name, prefix, index: Number(index) }];
  });
  for (const [prefix, groups] of Map.groupBy(indexed, (group) => group.prefix)) {
    groups.sort((a, b) => a.index - b.index);
    const indices = groups.map(({ index }) => index);
    found.push(network(prefix, groups[0]!.name, () => renameIndexed(prefix, indices, shapes)));
  }
  return found;
}

/**
 * Names of nn.Sequential(*resnet.children()), as Lightly and others have them: what comes before the groups is the stem, a
 * kernel and a batch norm among modules without tensors.
 */
function renameIndexed(prefix: string, groups: number[], shapes: Shapes): Scheme['rename'] {
  const before = [...shapes.keys()].flatMap((name) => {
    const tail = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    return /^\d/.test(tail) && Number.parseInt(tail, 10) < groups[0]! ? [tail] : [];
  });
  const module = (tail: string | undefined) => tail?.slice(0, tail.lastIndexOf('.') + 1);
  const conv = module(before.find((tail) => shapes.get(prefix + tail)?.length === 4));
  const norm = module(before.find((tail) => tail.endsWith('.running_mean')));
  return (name) => {
    if (conv && name.startsWith(conv)) return `conv1.${name.slice(conv.length)}`;
    if (norm && name.startsWith(norm)) return `bn1.${name.slice(norm.length)}`;
    if (before.includes(name)) return `conv1.${name}`;
    const [index, ...rest] = name.split('.');
    const group = groups.indexOf(Number(index));
    return group < 0 ? name : `layer${group + 1}.${rest.join('.').replace(/^(\d+\.)shortcut\./, '$1downsample.')}`;
  };
}
