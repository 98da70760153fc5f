import { UserError } from '@simclr/stage';
import type { HeadConfig } from '../head-config.ts';
import { initResNet } from '../init-resnet.ts';
import type { ResNetConfig } from '../resnet-config.ts';
import { blocksOf, checkSize, choosePrefix, depthOf, type Mapping, type Shapes } from './mapping.ts';

/** The scope of the ResNet in TF1's checkpoints and in TF2's; before it may stand another, such as `ema_model/`. */
const CONV =
  /^(?<scope>(?:.*?\/)?)(?<network>base_model|resnet)\/(?:.*\/)?conv2d(?:_(?<number>\d+))?\/(?<field>kernel|bias)$/;
const NORM =
  /^(?<scope>(?:.*?\/)?)(?<network>base_model|resnet)\/(?:.*\/)?(?:sync_)?batch_normalization(?:_(?<number>\d+))?\/(?<field>gamma|beta|moving_mean|moving_variance)$/;
const HEAD =
  /^(?<scope>(?:.*?\/)?)(?:head_contrastive|projection_head)\/(?<kind>n?l)_(?<number>\d+)\/(?:.*\/)?(?:dense|(?:sync_)?(?<norm>batch_normalization))(?:_\d+)?\/(?<field>kernel|gamma|beta|moving_mean|moving_variance)$/;
const SUPERVISED = /^(?<scope>(?:.*?\/)?)head_supervised\/linear_layer\/dense(?:_\d+)?\/(?<field>kernel|bias)$/;

/** A layer's variables, by field. */
type Layer = Record<string, string>;
type Groups = Record<string, string>;

/** The named groups of every name that fits, and the name. */
const matches = (names: Iterable<string>, pattern: RegExp): Groups[] =>
  [...names].flatMap((name) => {
    const groups = pattern.exec(name)?.groups;
    return groups ? [{ ...groups, name }] : [];
  });

/**
 * Maps a network of the reference (google-research/simclr): TF1's names (`base_model/conv2d_3/kernel`) or TF2's
 * (`resnet/block_group1/bottleneck_block/conv2d_fixed_padding_3/conv2d_3/kernel`), the projection head and the supervised
 * head where they are there. Layers are numbered as they were made, which is our order too; the architecture follows from
 * the kernels' shapes.
 *
 * @param prefix which network, where there are several: `base_model` is taken before `ema_model/base_model`
 * @returns undefined where the names are other ones
 * @throws UserError where there are several networks, or its depth is none of ours
 */
export function mapReference(shapes: Shapes, path: string, prefix?: string): Mapping | undefined {
  const kernels = matches(shapes.keys(), CONV);
  const prefixes = [...new Set(kernels.map(({ scope, network }) => `${scope}${network}`))];
  if (prefixes.length === 0) return undefined;
  const first = prefixes.find((candidate) => !candidate.includes('/'));
  const under = choosePrefix(prefixes, prefix ?? first, path);
  const scope = under.slice(0, under.lastIndexOf('/') + 1);

  const ofNetwork = ({ scope: before, network }: Groups) => `${before}${network}` === under;
  const [ofConvs, ofNorms] = [kernels, matches(shapes.keys(), NORM)].map((found) => found.filter(ofNetwork));
  const [convs, norms] = [layersOf(ofConvs!), layersOf(ofNorms!)];
  const architecture = architectureOf(convs, shapes, path);
  checkSize(architecture, shapes, path);
  const sources = new Map<string, string>();
  const variables = initResNet(architecture, undefined);
  const claim = (ours: string, layer: Layer | undefined, fields: string[]) => {
    for (const field of fields) if (layer?.[field]) sources.set(`${ours}/${field}`, layer[field]);
  };
  for (const name of Object.keys(variables.params)) {
    const ours = name.slice(0, name.lastIndexOf('/'));
    if (name.endsWith('/kernel')) claim(ours, convs.shift(), ['kernel', 'bias']);
    if (name.endsWith('/gamma')) claim(ours, norms.shift(), ['gamma', 'beta', 'moving_mean', 'moving_variance']);
  }
  const heads = mapHeads(shapes, scope, sources);
  const own = [...ofConvs!, ...ofNorms!].map(({ name }) => name!);
  const others = prefixes.filter((name) => name !== under);
  return { architecture, ...heads, sources, own, layout: 'HWIO', prefix: under, others };
}

/** Layers of one kind in the order they were made: by number, the first without. */
function layersOf(found: Groups[]): Layer[] {
  const layers = new Map<number, Layer>();
  for (const { number: text, field, name } of found) {
    const number = Number(text ?? 0);
    layers.set(number, { ...layers.get(number), [field!]: name! });
  }
  return [...layers].sort(([a], [b]) => a - b).map(([, layer]) => layer);
}

/** Reads the architecture off the kernels, which are [size, size, in, out] in the order of `initResNet`. */
function architectureOf(convs: readonly Layer[], shapes: Shapes, path: string): ResNetConfig {
  const kernels = convs.map(({ kernel }) => (kernel && shapes.get(kernel)) || []);
  const [size, , channels] = kernels[0]! as [number, number, number];
  const size1 = kernels[1]?.[0];
  const deepStem = size === 3 && size1 === 3;
  const stemConvs = deepStem ? 3 : 1;
  const width = kernels[stemConvs - 1]?.[3];
  // After the stem: the first shortcut, then the first block's first kernel, 1×1 in a bottleneck.
  const bottleneck = kernels[stemConvs + 1]?.[0] === 1;
  if (!width || size === undefined || channels === undefined)
    throw new UserError(`unknown network: the kernels of ${path} are not a ResNet's`);

  // Selective kernels: [3, 3, F, 2F], then 1×1 to the squeezed dimension.
  const wide = kernels.findLastIndex(([k, , from, to]) => bottleneck && k === 3 && to === 2 * from!);
  const hasSk = wide > stemConvs;
  const excitations = convs.filter(({ bias }) => bias);
  const convsPerBlock = (bottleneck ? 3 : 2) + (hasSk ? 2 : 0);
  const blocks = kernels.length - stemConvs - 4 - excitations.length;
  const depth = depthOf(bottleneck, (config) => sum(blocksOf(config)) * convsPerBlock === blocks, path);
  const stem = size === 7 || deepStem ? 'imagenet' : 'cifar';
  const architecture: ResNetConfig = { depth, width, stem, channels };
  if (hasSk) architecture.skRatio = skRatio(kernels[wide]![2]!, kernels[wide + 1]![3]!);
  const squeeze = excitations.length > 1 ? shapes.get(excitations.at(-2)!.kernel!) : undefined;
  // Of the inner filters, a quarter of a bottleneck's channels.
  if (squeeze) architecture.seRatio = (squeeze[3]! / squeeze[2]!) * (bottleneck ? 4 : 1);
  return architecture;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** SimCLR v2's ratio where it gives that dimension: at least 32 hides what was asked for in narrow networks. */
function skRatio(filters: number, squeezed: number): number {
  return Math.max(Math.floor(filters * 0.0625), 32) === squeezed ? 0.0625 : squeezed / filters;
}

/** Adds the heads' variables to `sources`. The supervised head has no copy among averaged weights (`ema_model/`). */
function mapHeads(shapes: Shapes, scope: string, sources: Map<string, string>): Pick<Mapping, 'head' | 'classes'> {
  let head: HeadConfig | undefined;
  for (const { name, kind, number, norm, field } of matches(shapes.keys(), HEAD).filter((at) => at.scope === scope)) {
    const layer = Number(number) + 1;
    sources.set(`head/layer${layer}${norm ? '/bn' : ''}/${field}`, name!);
    if (field !== 'kernel' || layer < (head?.layers ?? 0)) continue;
    head = { kind: kind === 'l' ? 'linear' : 'nonlinear', layers: layer, outDim: shapes.get(name!)![1]! };
  }
  let classes: number | undefined;
  const supervised = matches(shapes.keys(), SUPERVISED);
  const own = supervised.some((at) => at.scope === scope) ? scope : '';
  for (const { name, field } of supervised.filter((at) => at.scope === own)) {
    sources.set(`head_supervised/linear_layer/${field}`, name!);
    if (field === 'bias') classes = shapes.get(name!)![0];
  }
  return { head, classes };
}
