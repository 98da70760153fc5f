import { preprocessing, REFERENCE_CROP } from '@simclr/artifacts';
import { describe, expect, it } from 'vitest';
import { imagePolicy } from './images.ts';

describe('how the encoder sees images of any size', () => {
  const how = preprocessing([64, 64, 3], 0.875, 'antialias');

  it('is as encoder.json says for its own dataset, and the whole of the shorter side for others', () => {
    const encoder = { dataset: 'photos', preprocessing: how, stated: false };
    expect(imagePolicy(encoder, 'photos')).toBe('centercrop(to=64,resize=antialias)');
    expect(imagePolicy(encoder, 'pets')).toBe('centercrop(1,to=64,resize=antialias)');
  });

  it('is as it was stated for every dataset', () => {
    const encoder = { dataset: 'imported', preprocessing: how, stated: true };
    expect(imagePolicy(encoder, 'pets')).toBe('centercrop(to=64,resize=antialias)');
    const squash = { ...how, squash: true as const, crop: 1, resize: 'bilinear' as const };
    expect(imagePolicy({ ...encoder, preprocessing: squash }, 'pets')).toBe('squash(64,resize=bilinear_antialias)');
  });

  it('is the reference’s where it says nothing', () => {
    const encoder = {
      dataset: 'photos',
      preprocessing: preprocessing([64, 64, 3], REFERENCE_CROP, 'bicubic'),
      stated: false,
    };
    expect(imagePolicy(encoder, 'photos')).toBe('centercrop(to=64)');
  });
});
