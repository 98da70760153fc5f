import type { ResizeName } from '@simclr/artifacts';
import type { ImageShape } from '@simclr/shards';
import type { Random } from '@simclr/stage';
import type { WideResize } from './ops/antialias.ts';
import { type Box, type CropRange, referenceCrop, torchvisionCrop } from './ops/crop-box.ts';
import { centerCropBox, type PlainResize } from './ops/resize.ts';
import { isCrop, isViewOperation, type Operation, type Policy, type ViewOperation } from './policy.ts';

/** The part of its image that a view shows. */
export interface Crop {
  box: Box;
  /** A flip right after the crop mirrors the crop's columns. */
  flip: boolean;
}

export const emptyCrop = (): Crop => ({ box: { y: 0, x: 0, height: 0, width: 0 }, flip: false });

/** Kind of resize by the policy's word for it. */
export const RESIZE_KINDS = {
  bicubic: 'half-pixel',
  legacy: 'legacy',
  antialias: 'antialias',
  bilinear: 'bilinear',
  bilinear_antialias: 'bilinear-antialias',
} as const satisfies Record<ResizeName, PlainResize | WideResize>;

export type ResizeKind = (typeof RESIZE_KINDS)[ResizeName];

/** A policy in two: what is done while an image is cut out and resized, and what is done to the view then. */
export interface CroppedPolicy {
  kind: ResizeKind;
  /** Every view shows its whole image: the policy has no crop. */
  whole: boolean;
  /** Draws what is shown of an image of that size, into `crop`. */
  draw(random: Random, height: number, width: number, crop: Crop): void;
  /** The operations after the crop and the flip that it takes along. */
  rest: readonly ViewOperation[];
}

export const cropOf = (policy: Policy): Operation | undefined => policy.find(({ name }) => isCrop(name));

type DrawBox = (random: Random, imageHeight: number, imageWidth: number, box: Box) => void;

const wholeBox: DrawBox = (_, height, width, box) => void Object.assign(box, { y: 0, x: 0, height, width });

/**
 * @param height of the views
 * @param width of the views
 */
function boxOf({ name, args }: Operation, height: number, width: number): DrawBox {
  if (name === 'centercrop') {
    const proportion = args.proportion as number;
    return (_, h, w, box) => void Object.assign(box, centerCropBox(h, w, height, width, proportion));
  }
  if (name === 'squash') return wholeBox;
  const sample = args.sampler === 'torchvision' ? torchvisionCrop : referenceCrop;
  return (random, h, w, box) => sample(random, h, w, args as unknown as CropRange, box);
}

/** @param shape of the views */
export function splitPolicy(policy: Policy, [height, width]: ImageShape): CroppedPolicy {
  const first = cropOf(policy);
  const rest = policy.filter(isViewOperation);
  const flip = rest[0]?.name === 'flip' ? (rest[0].args.p as number) : undefined;
  const drawBox = first ? boxOf(first, height, width) : wholeBox;
  return {
    kind: RESIZE_KINDS[(first?.args.resize as ResizeName | undefined) ?? 'bicubic'],
    whole: first === undefined,
    draw(random, imageHeight, imageWidth, crop) {
      drawBox(random, imageHeight, imageWidth, crop.box);
      crop.flip = flip !== undefined && random.next() < flip;
    },
    rest: flip === undefined ? rest : rest.slice(1),
  };
}
