import { z } from '@simclr/stage';
import type { StatedPreprocessing } from '@simclr/views/preprocess-language';
import { firstIssue } from './first-issue.ts';

const Timm = z.object({
  input_size: z.tuple([z.int(), z.int().min(1), z.int().min(1)]),
  interpolation: z.string().default('bilinear'),
  crop_pct: z.number().gt(0).max(1).default(0.875),
  crop_mode: z.string().default('center'),
  mean: z.array(z.number()),
  std: z.array(z.number().positive()),
});

/** What timm's `pretrained_cfg` says: images by Pillow, which antialiases, in [0, 1] (timm/data/transforms_factory.py). */
export function fromTimm(json: unknown, refuse: (why: string) => never): StatedPreprocessing {
  const read = Timm.safeParse(json);
  if (!read.success) return refuse(`timm's pretrained_cfg: ${firstIssue(read.error)}`);
  const { input_size, interpolation, crop_pct, crop_mode, mean, std } = read.data;
  const resizes = { bicubic: 'antialias', bilinear: 'bilinear_antialias' } as const;
  const resize =
    resizes[interpolation as keyof typeof resizes] ??
    refuse(`interpolation ${interpolation}: allowed are bicubic, bilinear`);
  const squash = crop_mode === 'squash';
  if (!(crop_mode === 'center' || (squash && crop_pct === 1)))
    refuse(`crop_mode ${crop_mode} with crop_pct ${crop_pct}: allowed are center, and squash with 1`);
  const [, height, width] = input_size;
  return { size: [height, width], crop: crop_pct, ...(squash && { squash }), resize, range: [0, 1], mean, std };
}
