import type { Command } from '@simclr/command-line';

/** What `npm run import` takes. */
export const IMPORT = {
  names: ['<checkpoint>', '<folder>'],
  options: {
    dataset: { value: '<name>', says: 'what it was pretrained on: evaluated on by default' },
    preprocess: { value: '<text>', says: 'how a graph wants images, where no file says it: docs/encoders.md' },
    output: { value: '<name>', says: "of a graph's outputs the features" },
    size: { value: '<pixels>', says: 'of images; 224 with the ImageNet stem, 32 with the CIFAR stem' },
    prefix: { value: '<name>', says: 'which network, where there are several: module.encoder' },
    normalize: { value: '<how>', says: 'imagenet, none, or mean/deviation: 0.5,0.5,0.5/0.2,0.2,0.2' },
    'pool-padding': { value: '<how>', says: 'same, as TensorFlow pads; symmetric, as PyTorch' },
    'stem-stride': { value: '<number>', says: '1 or 2' },
    'stem-padding': { value: '<pixels>', says: '0 to 3 on each side, before the first convolution' },
    'stem-pool': { value: '<yes or no>', says: 'whether max pooling follows the stem' },
    'bottleneck-stride': { value: '<kernel>', says: '1x1 or 3x3: which convolution of a bottleneck has it' },
  },
  says: 'a network of another program (.pth, .onnx, SavedModel …) as an encoder of ours',
  example: 'import resnet50.pth encoders/resnet50',
} as const satisfies Command;
