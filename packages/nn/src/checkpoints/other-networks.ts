import { UserError } from '@simclr/stage';
import type { Shapes } from './mapping.ts';

/** Networks that are no ResNets, by names that they have. */
const OTHERS: [name: RegExp, network: string][] = [
  [
    /(^|\.)(patch_embed|cls_token|patch_embeddings)\b|blocks?\.\d+\.attn\.qkv\.|encoder\.layer\.\d+\.attention\./,
    'a vision transformer',
  ],
  [/layers\.\d+\.blocks\.\d+\.attn\.relative_position/, 'a Swin transformer'],
  [/(stages\.\d+\.(blocks\.)?\d+\.dwconv|stages\.\d+\.blocks\.\d+\.conv_dw)\./, 'a ConvNeXt'],
  [/features\.denseblock\d+\./, 'a DenseNet'],
  [/(_blocks|blocks\.\d+)\.\d+\.(_depthwise_conv|conv_dw)\./, 'an EfficientNet'],
  [/features\.\d+\.(conv|block)\.\d+\.\d+\.(weight|running_mean)$/, 'a MobileNet or EfficientNet'],
  [/block1\.layer\.0\.conv1\./, 'a Wide ResNet'],
  [/Mixed_5b\./, 'an Inception'],
  [/(^|\.)features\.\d+\.(weight|bias)$/, 'a VGG or AlexNet'],
  [/\bself_attn\.|\battention\.self\.|\bq_proj\./, 'a transformer'],
];

/** What the reference's and torchvision's names would be, and what these names rather seem to be. */
export function unknownNetwork(shapes: Shapes, path: string): UserError {
  const names = [...shapes.keys()];
  for (const [pattern, network] of OTHERS) {
    const shows = names.find((name) => pattern.test(name));
    if (shows) return notSupported(path, network, shows);
  }
  return new UserError(
    `unknown names: ${names.slice(0, 3).join(', ')}, … in ${path}. expected the reference's (base_model/conv2d/kernel, resnet/…/conv2d/kernel) or torchvision's (conv1.weight, layer1.0.conv1.weight, under any prefix)`,
  );
}

/**
 * Refuses relatives of ResNet that torchvision's names hide.
 * @param shapes by torchvision's names
 * @param sourceOf the checkpoint's names
 */
export function refuseRelatives(shapes: Shapes, sourceOf: (name: string) => string, path: string): void {
  const refuse = (network: string, shows: string) => {
    throw notSupported(path, network, sourceOf(shows));
  };
  const find = (pattern: RegExp) => [...shapes.keys()].find((name) => pattern.test(name));
  const width = shapes.get('conv1.weight')?.[0];
  const inner = shapes.get('layer1.0.conv2.weight');
  if (shapes.has('layer1.0.conv3.weight') && inner) {
    if (inner[1] !== inner[0]) refuse('a ResNeXt: convolutions in groups', 'layer1.0.conv2.weight');
    if (width && inner[0] !== width) refuse('a Wide ResNet: inner channels of its own', 'layer1.0.conv2.weight');
  }
  const deep = find(/^(conv1|stem)\.\d+\.weight$/);
  if (deep) refuse('a ResNet-D: a stem of three convolutions', deep);
  const gate = find(/^layer\d\.\d+\.(se|attn|eca|cbam)\b/);
  if (gate) refuse('a ResNet with gates or attention', gate);
  if (shapes.has('conv1.weight') && !find(/^bn1\./)) {
    const norm = find(/^layer1\.0\.bn1\./);
    if (norm) refuse('a ResNet with pre-activation: no batch norm after its stem', norm);
    refuse('a ResNet without batch norm', 'layer1.0.conv1.weight');
  }
  if (!find(/^layer4\./)) refuse("a small ResNet of CIFAR's: three groups", 'layer1.0.conv1.weight');
}

const notSupported = (path: string, network: string, shows: string): UserError =>
  new UserError(
    `not supported: ${path} seems to hold ${network} (${shows}). allowed: ResNets as torchvision and the reference have them; export others to ONNX (docs/encoders.md), and import that file`,
  );
