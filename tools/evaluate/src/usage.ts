import type { Command } from '@simclr/command-line';

/** What `npm run evaluate` takes. */
export const EVALUATE = {
  names: [],
  options: {
    encoder: { value: '<file or folder>', many: true, says: 'needed; of several a row each, side by side' },
    preprocess: { value: '<text>', says: 'how encoders want images: centercrop(to=224)|normalize(imagenet)' },
    output: { value: '<name>', says: 'of the outputs of a graph, the features' },
    datasets: { value: '<a,b>', says: 'some of them; the twelve of Table 8 by default' },
    data: { value: '<folder>', says: 'where archives are' },
    repacked: { says: 'archives may have been packed anew' },
    name: { value: '<name>', says: "of the pipeline: evaluate-<name>; by default the encoders'" },
  },
  says: "the paper's Table 8 for any encoder, on the datasets that are there",
  example: 'evaluate --encoder encoder.onnx --datasets pets,dtd',
} as const satisfies Command;
