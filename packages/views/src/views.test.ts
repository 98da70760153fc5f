import { addressed } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { brightness, contrast } from './ops/color.ts';
import { parsePolicy } from './parse.ts';
import { compileViews, viewShape } from './views.ts';

type Shape = readonly [number, number, number];

const shape: Shape = [32, 32, 3];
const pixels = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => 128 + 90 * Math.sin(i / 50 + (i % 3)) + (i % 37));

function view(policy: string, of: Shape = shape, data = pixels, address = 1): Float32Array {
  const parsed = parsePolicy(policy);
  const out = new Float32Array(viewShape(parsed, { shape: of }).reduce((a, b) => a * b));
  compileViews(parsed, of)(data, 0, out, 0, addressed(3, address));
  return out;
}

const differs = (a: Float32Array, b: Float32Array) => a.some((v, i) => Math.abs(v - b[i]!) > 0.01);
const addresses = [1, 2, 3, 4, 5, 6, 7, 8];

describe('the operations of a policy', () => {
  it.each([
    'flip(p=1)',
    'grayscale(p=1)',
    'cutout',
    'rotate',
    'sobel',
    'noise',
    'equalize',
    'solarize(p=1)',
    'motionblur',
    'jitter(p=1)',
    'jitter(p=1,impl=torchvision)',
    'blur(p=1,kernel=5)',
    'centercrop(0.5)',
    'crop(resize=antialias)',
    'crop(resize=legacy)',
  ])('%s changes the image, stays in [0, 1] and takes one channel as well as three', (policy) => {
    expect(addresses.some((address) => differs(view(policy, shape, pixels, address), view('flip(p=0)')))).toBe(true);
    for (const of of [shape, [32, 32, 1] as const])
      for (const address of addresses)
        for (const v of view(policy, of, pixels, address)) expect(v >= 0 && v <= 1).toBe(true);
  });

  it('leave the image alone at a probability of 0', () => {
    for (const name of [
      'grayscale',
      'jitter',
      'blur',
      'cutout',
      'sobel',
      'noise',
      'equalize',
      'solarize',
      'motionblur',
    ])
      expect(view(`${name}(p=0)`)).toEqual(view('flip(p=0)'));
  });

  it('work at the size that the crop says', () => {
    expect(viewShape(parsePolicy('crop(to=20)|flip'), { shape: [32, 48, 3] })).toEqual([20, 20, 3]);
    expect(viewShape(parsePolicy('centercrop(to=20)'), { shape: null })).toEqual([20, 20, 3]);
    expect(viewShape(parsePolicy('flip'), { shape: [32, 48, 1] })).toEqual([32, 48, 1]);
    expect(() => viewShape(parsePolicy('crop'), { shape: null })).toThrow(/^missing size: /);
    expect(view('crop(to=20)|cutout|rotate|sobel|noise|equalize|blur|motionblur', [32, 16, 3])).toHaveLength(1200);
  });

  it('leave gray images to brightness and contrast', () => {
    const gray: Shape = [8, 8, 1];
    const data = Uint8Array.from({ length: 64 }, (_, i) => 90 + ((i * 37) % 60));
    const plain = view('flip(p=0)', gray, data);
    expect(view('grayscale(p=1)', gray, data)).toEqual(plain);
    expect(view('jitter(0,saturation=1,hue=0.5,p=1)', gray, data)).toEqual(plain);
    const random = addressed(3, 1);
    random.next(); // whether to flip
    random.next(); // whether to jitter
    const expected = Float32Array.from(plain);
    brightness(expected, 0, 64, 0.8 + random.next() * 0.4, 0);
    contrast(expected, 0, 64, 1, 0.8 + random.next() * 0.4);
    expect(view('flip(p=0)|jitter(0.25,order=fixed,p=1)', gray, data)).toEqual(expected);
  });

  it('take more taps from a larger blur kernel', () => {
    expect(view('blur(p=1,kernel=3)')).toEqual(view('blur(p=1)'));
    expect(differs(view('blur(p=1,sigma=2..2,kernel=9)'), view('blur(p=1,sigma=2..2)'))).toBe(true);
  });

  it('rotate by each quarter equally often, and only what is square', () => {
    const small: Shape = [2, 2, 1];
    const corners = new Map<number, number>();
    for (let address = 0; address < 400; address++) {
      const corner = Math.round(255 * view('rotate', small, Uint8Array.of(10, 20, 30, 40), address)[0]!);
      corners.set(corner, (corners.get(corner) ?? 0) + 1);
    }
    expect([...corners.keys()].sort()).toEqual([10, 20, 30, 40]);
    // Five standard errors.
    for (const count of corners.values()) expect(Math.abs(count - 100)).toBeLessThan(5 * Math.sqrt(75));
    const message = 'rotate: views of 16x32. expected square ones. add crop(to=<px>)';
    expect(() => view('rotate', [16, 32, 3])).toThrow(message);
  });

  it('cut out a square of a share of the side', () => {
    const white = new Uint8Array(1024).fill(255);
    const black = (policy: string) =>
      Math.max(...addresses.map((address) => view(policy, [32, 32, 1], white, address).filter((v) => v === 0).length));
    expect(['cutout(0)', 'cutout(0.25)', 'cutout'].map(black)).toEqual([0, 64, 256]);
  });

  it('blur motion by odd sides only', () => {
    const message = 'motionblur: kernel=4..4. expected a range with an odd number in it';
    expect(() => view('motionblur(kernel=4..4)')).toThrow(message);
    expect(view('motionblur(kernel=4..5)')).toEqual(view('motionblur(kernel=5..6)'));
  });

  it('crop the centre of every image alike', () => {
    expect(view('centercrop(1)')).toEqual(view('flip(p=0)'));
    expect(view('centercrop', shape, pixels, 1)).toEqual(view('centercrop', shape, pixels, 2));
  });
});
