import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse.ts';
import { printPolicy } from './print.ts';
import { arbitraryPolicy } from './testdata/arbitrary-policy.ts';

describe('the view mini-language', () => {
  it('reads what it prints', () => {
    fc.assert(
      fc.property(arbitraryPolicy(), (p) => {
        expect(parsePolicy(printPolicy(p))).toEqual(p);
      }),
    );
  });

  it('prints the shortest text, however it was written', () => {
    expect(
      printPolicy(parsePolicy(' crop( area = 0.08 .. 1 ) | flip(p=0.5)|jitter(strength=0.5, p=0.8)|grayscale() ')),
    ).toBe('crop|flip|jitter(0.5)|grayscale');
    expect(printPolicy(parsePolicy('crop(area=0.2..1,sampler=torchvision)|blur(sigma=0.5..1)'))).toBe(
      'crop(area=0.2..1,sampler=torchvision)|blur(sigma=0.5..1)',
    );
  });

  it.each([
    ['crop|flip|color_jitter(0.5)|greyscale', 'crop|flip|jitter(0.5)|grayscale'],
    ['grey(p=1)|equalise|solarise(0.4)', 'grayscale(p=1)|equalize|solarize(0.4)'],
  ])('reads other words for the same, as earlier policies have them: %s', (written, printed) => {
    expect(printPolicy(parsePolicy(written))).toBe(printed);
  });

  it('leaves out of jitter what follows from its strength', () => {
    expect(printPolicy(parsePolicy('jitter(0.5,brightness=0.4,hue=0.1,contrast=0.2)'))).toBe(
      'jitter(0.5,contrast=0.2)',
    );
    expect(parsePolicy('jitter(0.5)')[0]!.args).toMatchObject({ brightness: 0.4, saturation: 0.4, hue: 0.1 });
  });

  it.each([
    [
      'crop|flup',
      /^unknown operation: 'flup' at 5 of view policy 'crop\|flup'\. allowed: crop, centercrop, squash, flip, jitter, /,
    ],
    ['crop|', /^unknown operation: 'end' at 5/],
    ['flip|crop', /^misplaced operation: 'crop' at 5 .* allowed: crop first, one crop$/],
    ['crop|centercrop', /^misplaced operation: 'centercrop' at 5 .* allowed: centercrop first, one crop$/],
    ['crop(area=0.5..2)', /^out of range: '2' at 15 .* allowed: 0\.001\.\.1$/],
    ['crop(area=0.5)', /^not a range: /],
    ['crop(area=0.9..0.2)', /^empty range: '0\.9\.\.0\.2'/],
    [
      'jitter(0.5,q=1)',
      /^unknown argument of jitter: 'q' at 11 .* allowed: strength=, brightness=, contrast=, saturation=, hue=, p=, order=, impl=$/,
    ],
    ['jitter(p=1,p=1)', /^argument of jitter given twice: 'p' at 11/],
    ['jitter(order=upward)', /^unknown value: 'upward' at 13 .* allowed: random, fixed$/],
    ['crop(to=2.5)', /^not a whole number: '2\.5' at 8/],
    ['flip(p=x)', /^not a number: 'x\)' at 7/],
    ['crop(to=96,antialias)', /^unknown argument of crop: 'antialia' at 11 .* allowed: area=, .*to=, resize=$/],
    [
      'crop(resize=lanczos)',
      /^unknown value: 'lanczos' at 12 .* allowed: bicubic, legacy, antialias, bilinear, bilinear_antialias$/,
    ],
    ['crop(to=5000)', /^out of range: '5000' at 8 .* allowed: 0\.\.4096$/],
    ['centercrop(1.5)', /^out of range: '1\.5' at 11 .* allowed: 0\.01\.\.1$/],
    ['blur(kernel=2.5)', /^not a whole number: '2\.5' at 12/],
    ['jitter(impl=v3)', /^unknown value: 'v3' at 12 .* allowed: v1, v2, torchvision$/],
    ['cutout(3)', /^out of range: '3' at 7 .* allowed: 0\.\.2$/],
    ['rotate(90)', /^unknown argument of rotate: '90\)' at 7 .* allowed: none$/],
    ['sobel(0.5)', /^unknown argument of sobel: '0\.5\)' at 6 .* allowed: p=$/],
    ['noise(sigma=-1)', /^out of range: '-1' at 12 .* allowed: 0\.\.10$/],
    ['equalize(p=2)', /^out of range: '2' at 11 .* allowed: 0\.\.1$/],
    ['solarize(threshold=1.1)', /^out of range: '1\.1' at 19 .* allowed: 0\.\.1$/],
    ['motionblur(kernel=7)', /^not a range: '7' at 18 .* allowed: a\.\.b$/],
    ['flip!', /^unexpected character: '!' at 4/],
    ['flip(p=1', /^unexpected character: 'end' at 8/],
  ])('%s is refused with the position', (text, message) => {
    expect(() => parsePolicy(text)).toThrow(message);
  });
});
