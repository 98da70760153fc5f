import type { Tree } from '@simclr/tensorflow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initResNet } from '../init-resnet.ts';
import type { ResNetConfig } from '../resnet-config.ts';
import { mapReference } from './reference-names.ts';

const variablesOf = (config: ResNetConfig): Tree => {
  const { params, stats } = initResNet(config, undefined);
  return { ...params, ...stats };
};
const shapesOf = (tree: Tree) => Object.fromEntries(Object.entries(tree).map(([name, { shape }]) => [name, shape]));

/** TF1's names of a network's variables, in an order of their own: `conv2d_10` is before `conv2d_2`. */
function referenceNames(config: ResNetConfig): Map<string, string> {
  const names = new Map<string, string>();
  const counts = { conv2d: 0, batch_normalization: 0 };
  const numbered = (layer: keyof typeof counts) => `base_model/${layer}${counts[layer] ? `_${counts[layer]}` : ''}`;
  for (const name of Object.keys(initResNet(config, undefined).params)) {
    const [ours, field] = [name.slice(0, name.lastIndexOf('/')), name.slice(name.lastIndexOf('/') + 1)];
    if (field === 'kernel') {
      names.set(name, `${numbered('conv2d')}/kernel`);
      if (ours.includes('/se/')) names.set(`${ours}/bias`, `${numbered('conv2d')}/bias`);
      counts.conv2d++;
    } else if (field === 'gamma') {
      for (const each of ['gamma', 'beta', 'moving_mean', 'moving_variance'])
        names.set(`${ours}/${each}`, `${numbered('batch_normalization')}/${each}`);
      counts.batch_normalization++;
    }
  }
  return new Map([...names].sort(([, a], [, b]) => (a < b ? -1 : 1)));
}

const networks = fc.record<ResNetConfig>({
  depth: fc.constantFrom(10, 18, 34, 50, 101, 152, 200),
  width: fc.integer({ min: 1, max: 4 }).map((half) => 2 * half),
  stem: fc.constantFrom('cifar', 'imagenet'),
  channels: fc.integer({ min: 1, max: 4 }),
  skRatio: fc.constantFrom(0, 0.0625, 2),
  seRatio: fc.constantFrom(0, 0.125, 0.25),
});

describe('mapReference', () => {
  it('finds the network by its kernels, whatever it is, and each variable’s name', () => {
    fc.assert(
      fc.property(networks, (network) => {
        // The reference has no selective kernels in basic blocks.
        const config = { ...network, skRatio: network.depth < 50 ? 0 : network.skRatio };
        const variables = variablesOf(config);
        const names = referenceNames(config);
        const shapes = new Map([...names].map(([ours, theirs]) => [theirs, variables[ours]!.shape]));
        const mapping = mapReference(shapes, 'x')!;
        expect(shapesOf(variablesOf(mapping.architecture))).toEqual(shapesOf(variables));
        expect(Object.fromEntries(mapping.sources)).toEqual(Object.fromEntries(names));
        expect([mapping.head, mapping.classes]).toEqual([undefined, undefined]);
      }),
      { numRuns: 40 },
    );
  });

  it('leaves other names alone', () => {
    expect(mapReference(new Map([['my_resnet/conv2d/kernel', [3, 3, 3, 8]]]), 'x')).toBeUndefined();
    expect(mapReference(new Map([['conv1.weight', [8, 3, 3, 3]]]), 'x')).toBeUndefined();
  });
});
