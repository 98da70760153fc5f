import { describe, expect, it } from 'vitest';
import { applyResNet } from '../resnet.ts';
import { loadSafetensors } from '../safetensors.ts';
import { relL2, toTensors, valuesOf } from '../testdata/golden.ts';
import { importCheckpoint } from './import-checkpoint.ts';
import { testFile } from './testdata/files.ts';

const expected = loadSafetensors(testFile('geometry-expected.safetensors')).tensors;

function difference(file: string, options: Parameters<typeof importCheckpoint>[1], name: string): number {
  const { architecture, tensors } = importCheckpoint(testFile(file), options);
  const variables = toTensors(tensors);
  const { images } = toTensors({ images: expected.images! });
  const { features } = applyResNet(architecture, variables, variables, images!, { training: false });
  return relL2(valuesOf(features), expected[name]!.data);
}

describe('what names and shapes do not show', () => {
  it.each([
    ['resnet10.safetensors', {}, 'features'],
    ['resnet10.safetensors', { stemPadding: 2 }, 'stemPadding'],
    ['resnet10.safetensors', { stemStride: 2 }, 'stemStride'],
    ['resnet10.safetensors', { stemPool: true }, 'stemPool'],
    ['resnet50.safetensors', { bottleneckStride: '1x1' }, 'bottleneckStride'],
    ['resnet18.pth', { stemPool: false }, 'noPool'],
  ] as const)('%s with %o gives torch’s features, and others without', (file, options, name) => {
    expect(difference(file, options, name)).toBeLessThan(1e-5);
    if (Object.keys(options).length > 0) expect(difference(file, {}, name)).toBeGreaterThan(0.01);
  });

  it('is told where nobody said it, and lands in the architecture where it is unusual', () => {
    const keysOf = (file: string, options = {}) =>
      importCheckpoint(testFile(file), options).report.assumed.map(({ key }) => key);
    expect(keysOf('resnet10.safetensors')).toEqual(['normalize', 'stemStride', 'stemPadding', 'stemPool']);
    expect(keysOf('resnet10.safetensors', { stemPadding: 1, normalize: 'none' })).toEqual(['stemStride', 'stemPool']);
    expect(keysOf('resnet50.safetensors').slice(-2)).toEqual(['poolPadding', 'bottleneckStride']);
    expect(keysOf('tf1')).toEqual([]);
    const options = { stemPadding: 2, stemStride: 1, stemPool: false, normalize: 'none' } as const;
    const { architecture } = importCheckpoint(testFile('resnet10.safetensors'), options);
    expect(architecture).toEqual({ depth: 10, width: 2, stem: 'cifar', channels: 3, stemPadding: 2 });
  });

  it('a padding as large as the kernel is refused', () => {
    expect(() => importCheckpoint(testFile('resnet10.safetensors'), { stemPadding: 3 })).toThrow(
      'invalid stem padding: 3 of a 3×3 kernel. allowed: 0 to 2',
    );
  });
});
