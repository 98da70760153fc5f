import { addressed } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { makeBlur } from './ops/blur.ts';
import { brightness, clip, contrast, hue, saturation } from './ops/color.ts';
import type { Box } from './ops/crop-box.ts';
import { applyJitter } from './ops/jitter.ts';
import { centerCropBox, makeResizer, type PlainResize, resizePlain } from './ops/resize.ts';
import { parsePolicy } from './parse.ts';
import { type Case, cases, jitterOf, type Shape, tensor } from './testdata/golden.ts';
import { grayscale } from './testdata/grayscale.ts';
import { compileViews } from './views.ts';

function cropAndResize(
  image: Float32Array,
  [, w, c]: Shape,
  [y, x, height, width]: number[],
  to: [number, number],
  kind: PlainResize,
): Float32Array {
  const out = new Float32Array(to[0] * to[1] * c);
  const box: Box = { y: y!, x: x!, height: height!, width: width! };
  makeResizer(to[0], to[1], c, 1, kind)(image, 0, w, box, false, out, 0);
  return out;
}

/** What our operation makes of the case's image. */
function apply({ name, inputs, params: p }: Case): Float32Array {
  const { data: source, shape } = tensor(inputs.image!.tensor);
  const image = Float32Array.from(source);
  const end = image.length;
  const [kind] = name.split('/') as [string];
  const size: [number, number] = [p.height, p.width];
  switch (kind) {
    case 'brightness_v2':
      brightness(image, 0, end, p.factor, 0);
      break;
    case 'brightness_v1':
      brightness(image, 0, end, 1, p.delta);
      break;
    case 'contrast':
      contrast(image, 0, end, 3, p.factor);
      break;
    case 'saturation':
      saturation(image, 0, end, p.factor);
      break;
    case 'hue':
      hue(image, 0, end, p.delta);
      break;
    case 'to_grayscale':
      grayscale(image, 0, end);
      break;
    case 'jitter_fixed':
    case 'jitter_order':
    case 'jitter_order_v1':
      applyJitter(image, 0, end, 3, jitterOf(p));
      break;
    case 'blur':
      makeBlur(shape, p.radius)(image, 0, p.sigma);
      break;
    case 'crop_resize_half_pixel':
    case 'crop_resize_legacy':
      return cropAndResize(image, shape, p.box, size, p.kind === 'legacy' ? 'legacy' : 'half-pixel');
    case 'resize_half_pixel':
      return resizePlain(image, shape, size);
    case 'center_crop': {
      const box = centerCropBox(shape[0], shape[1], ...size, p.proportion);
      expect([box.y, box.x, box.height, box.width]).toEqual(p.box);
      return cropAndResize(image, shape, p.box, size, 'half-pixel');
    }
    case 'eval_pipeline':
      return image;
    case 'pipeline': {
      const view = cropAndResize(image, shape, p.box, size, 'half-pixel');
      if (p.flip) mirror(view, size[0], size[1]);
      if (p.jitter) applyJitter(view, 0, view.length, 3, jitterOf(p));
      if (p.grayscale) grayscale(view, 0, view.length);
      clip(view, 0, view.length);
      return view;
    }
    default:
      throw new Error(`no operation for ${name}`);
  }
  return image;
}

function mirror(image: Float32Array, height: number, width: number): void {
  const copy = Float32Array.from(image);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) image[(y * width + x) * 3 + c] = copy[(y * width + width - 1 - x) * 3 + c]!;
  }
}

describe('operations against the reference', () => {
  const images = cases.filter((c) => c.outputs.image);
  it.each(images.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const expected = tensor(c.outputs.image!.tensor).data;
    const actual = apply(c);
    expect(actual.length).toBe(expected.length);
    const worst = actual.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i]!)), 0);
    expect(worst).toBeLessThanOrEqual(c.tolerance.atol);
  });

  it('centre crop geometry, exactly', () => {
    const c = cases.find(({ name }) => name === 'center_crop_geometry')!;
    const { data, shape } = tensor(c.outputs.table!.tensor);
    for (let row = 0; row < shape[0]; row++) {
      const [imageHeight, imageWidth, height, width, y, x, cropHeight, cropWidth] = data.subarray(
        8 * row,
      ) as unknown as number[];
      expect(centerCropBox(imageHeight!, imageWidth!, height!, width!)).toEqual({
        y,
        x,
        height: cropHeight,
        width: cropWidth,
      });
    }
  });
});

describe('compileViews', () => {
  it('equals its operations applied one by one, and a flip after the crop is a mirror', () => {
    const shape = [8, 8, 3] as const;
    // Values far enough from 0 and 1 that nothing is clipped.
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => 100 + ((i * 37) % 50));
    const view = (policy: string) => {
      const out = new Float32Array(192);
      compileViews(parsePolicy(policy), shape)(pixels, 0, out, 0, addressed(3, 1, 2, 0));
      return out;
    };
    const plain = view('crop');
    const mirrored = Float32Array.from(plain);
    mirror(mirrored, 8, 8);
    view('crop|flip(p=1)').forEach((v, i) => void expect(v).toBeCloseTo(mirrored[i]!, 6));
    expect(view('crop|flip(p=0)')).toEqual(plain);
    const gray = Float32Array.from(plain);
    grayscale(gray, 0, 192);
    view('crop|grayscale(p=1)').forEach((v, i) => void expect(v).toBeCloseTo(Math.min(1, Math.max(0, gray[i]!)), 5));
    // Edges of 0 and 255 overshoot: blurred without the clip before, their neighbours would come out otherwise.
    const hard = Uint8Array.from({ length: 20 * 20 }, (_, i) => (i % 20 < 10 ? 0 : 255));
    const blurred = (policy: string) => {
      const out = new Float32Array(400);
      compileViews(parsePolicy(policy), [20, 20, 1])(hard, 0, out, 0, addressed(3, 1, 2, 0));
      return out;
    };
    const clipped = blurred('crop(area=0.3..0.4)');
    makeBlur([20, 20, 1], 1)(clipped, 0, 1);
    blurred('crop(area=0.3..0.4)|blur(p=1,sigma=1..1)').forEach((v, i) => void expect(v).toBeCloseTo(clipped[i]!, 6));
    for (const v of view('crop|flip|jitter(1,p=1)|grayscale|blur(p=1)')) expect(v >= 0 && v <= 1).toBe(true);
  });
});
