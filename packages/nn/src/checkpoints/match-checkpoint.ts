import { UserError } from '@simclr/stage';
import { sizeOf, type Tree } from '@simclr/tensorflow/tensors';
import type { HeadConfig } from '../head-config.ts';
import { initHead, initSupervisedHead } from '../init-heads.ts';
import { initResNet } from '../init-resnet.ts';
import { featureDim, planBlocks, type ResNetConfig } from '../resnet-config.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Assumption, type Geometry, withGeometry } from './geometry.ts';
import type { Mapping } from './mapping.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { unknownNetwork } from './other-networks.ts';
import { mapReference } from './reference-names.ts';
import { mapTorchvision } from './torchvision-names.ts';

export interface ImportOptions extends Geometry {
  /** Which network, where a checkpoint has several: `ema_model/base_model`, `module.encoder_q`, `encoder_q`. */
  prefix?: string | undefined;
}

/** Which of a checkpoint's tensors make which network: what its names and shapes tell. */
export interface CheckpointMatch {
  checkpoint: Checkpoint;
  architecture: ResNetConfig;
  head?: HeadConfig | undefined;
  classes?: number | undefined;
  /** Numbers of the encoder that training fits. */
  parameters: number;
  /** Our variables, in their order: where each comes from; nothing where the checkpoint lacks it, and it is made. */
  variables: { name: string; shape: readonly number[]; source: string | undefined }[];
  /** PyTorch's kernels are OIHW, ours HWIO. */
  layout: Mapping['layout'];
  prefix: string;
  others: readonly string[];
  /** What names and shapes do not show and nobody said. */
  assumed: Assumption[];
}

/**
 * Finds the network of a checkpoint by the names and shapes of its tensors, which are not read. The architecture follows
 * from these, and from the options what they do not show.
 *
 * @param path a file, a checkpoint's prefix (`model.ckpt-250228`), or a folder with one or with a SavedModel
 * @throws UserError where it is missing or damaged, or its names or shapes are not those of a ResNet that we know
 */
export function matchCheckpoint(path: string, options: ImportOptions = {}): CheckpointMatch {
  const checkpoint = openCheckpoint(path);
  const { shapes } = checkpoint;
  const mapping =
    mapReference(shapes, path, options.prefix) ?? mapTorchvision(shapes, path, options.prefix, checkpoint.identityOf);
  if (!mapping) throw unknownNetwork(shapes, path);
  const { head, classes, sources, layout, prefix, others } = mapping;
  const { architecture, assumed } = withGeometry(mapping.architecture, layout === 'OIHW', options);
  const { encoder, all } = variablesOf(architecture, mapping);
  const made = madeShortcut(mapping, shapes);
  const lacking = Object.keys(all).filter((name) => !made.has(name) && !shapes.has(sources.get(name) ?? ''));
  if (lacking.length > 0) {
    const some = lacking.slice(0, 3).map((name) => sources.get(name) ?? name);
    throw new UserError(
      `missing tensors: ${lacking.length} of ${Object.keys(all).length} in ${path}, such as ${some.join(', ')}. expected those of ${describe(architecture)}`,
    );
  }
  const wanted = new Set(sources.values());
  const strange = mapping.own.find((name) => !wanted.has(name));
  if (strange) throw new UserError(`another network: ${strange} in ${path} has no place in ${describe(architecture)}`);
  const variables = Object.entries(all).map(([name, { shape }]) => {
    const source = made.has(name) ? undefined : sources.get(name)!;
    const expected = isTurned(layout, shape) ? [shape[3], shape[2], shape[0], shape[1]] : shape;
    if (source !== undefined && String(shapes.get(source)) !== String(expected)) {
      throw new UserError(
        `shapes differ: ${source} is [${shapes.get(source)}] in ${path}, expected [${expected}] in ${describe(architecture)}`,
      );
    }
    return { name, shape, source };
  });
  const parameters = Object.values(encoder).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { checkpoint, architecture, head, classes, parameters, variables, layout, prefix, others, assumed };
}

/** Whether a tensor of that shape of ours has its axes in another order in the checkpoint. */
export const isTurned = (layout: Mapping['layout'], shape: readonly number[]): boolean =>
  layout === 'OIHW' && shape.length === 4;

/** Names and shapes: of what is trained of the encoder, and of all that is wanted, with the heads that the checkpoint has. */
function variablesOf(architecture: ResNetConfig, { head, classes }: Mapping): { encoder: Tree; all: Tree } {
  const dim = featureDim(architecture);
  const network = initResNet(architecture, undefined);
  const parts = [network];
  if (head) parts.push(initHead(head, dim, undefined));
  if (classes) parts.push(initSupervisedHead(classes, dim, undefined));
  return {
    encoder: network.params,
    all: Object.assign({}, ...parts.flatMap(({ params, stats }) => [params, stats])),
  };
}

const describe = ({ depth, width, stem }: ResNetConfig): string => `ResNet-${depth}, width ${width}, ${stem} stem`;

/**
 * Names of the first block's projection where the checkpoint has none (torchvision's ResNet-18 and -34; ours and the
 * reference's always have one).
 */
function madeShortcut({ architecture, sources }: Mapping, shapes: Checkpoint['shapes']): Set<string> {
  const { name, from, out } = planBlocks(architecture)[0]!;
  const [conv, norm] = [`${name}/shortcut/conv1`, `${name}/shortcut/bn1`];
  if (from !== out || shapes.has(sources.get(`${conv}/kernel`) ?? '')) return new Set();
  const fields = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  return new Set([`${conv}/kernel`, ...fields.map((field) => `${norm}/${field}`)]);
}
