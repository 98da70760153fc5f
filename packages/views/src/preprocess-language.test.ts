import { UserError } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { parsePreprocess } from './preprocess-language.ts';

describe('how an encoder wants its images, in the language of views', () => {
  it('has crop, resize, range, statistics, order of channels and layout', () => {
    expect(
      parsePreprocess('centercrop(to=224,resize=bilinear_antialias)|normalize(mean=127,std=128,range=0..255)'),
    ).toEqual({
      size: [224, 224],
      crop: 0.875,
      resize: 'bilinear_antialias',
      range: [0, 255],
      mean: [127],
      std: [128],
    });
    expect(parsePreprocess('squash(96) | normalize(imagenet) | tensor(channels=bgr, layout=nhwc)')).toEqual({
      size: [96, 96],
      crop: 1,
      squash: true,
      resize: 'bicubic',
      range: [0, 1],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      channels: 'BGR',
      layout: 'NHWC',
    });
    const own = parsePreprocess('centercrop(1)|normalize(mean=0.1 -0.2 3,std=1 2 3,range=-1..1)');
    expect(own).toMatchObject({ mean: [0.1, -0.2, 3], std: [1, 2, 3], range: [-1, 1] });
    expect(own.size).toBeUndefined();
    expect(parsePreprocess('centercrop(side=256,to=192)').crop).toBe(0.75);
  });

  it.each([
    ['normalize(imagenet)', 'missing: centercrop(…) or squash(…) at the start'],
    ['centercrop|flip', "unknown operation: 'flip' at 11 of preprocessing 'centercrop|flip'. allowed: centercrop, "],
    ['centercrop|normalize|normalize', 'said twice: normalize'],
    ['normalize|centercrop', "misplaced operation: 'centercrop'"],
    ['centercrop|normalize(imagenet,mean=1)', 'imagenet and other numbers: one of them'],
    ['centercrop|normalize(imagenet,range=0..255)', 'imagenet and other numbers: one of them'],
    ['centercrop|normalize(std=0)', "out of range: '0' at 25"],
    ['centercrop(0.5,side=256,to=224)', 'side=256 and a proportion: one of them'],
    ['centercrop(side=224,to=256)', 'side=224 and to=256: expected to from 1 to side'],
    ['centercrop(side=224)', 'side=224 and to=0'],
  ])('%s is refused in one line', (text, message) => {
    expect(() => parsePreprocess(text)).toThrow(UserError);
    expect(() => parsePreprocess(text)).toThrow(message);
    expect(() => parsePreprocess(text)).toThrow(/^[^\n]+$/);
  });
});
