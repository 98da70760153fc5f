import { z } from '@simclr/stage';
import type { StatedPreprocessing } from '@simclr/views/preprocess-language';
import { firstIssue } from './first-issue.ts';

const side = z.int().min(1);
const square = z.object({ height: side, width: side });

const HuggingFace = z.object({
  do_resize: z.boolean().default(true),
  size: z.union([side, z.object({ shortest_edge: side }), square]),
  resample: z.int().optional(),
  do_center_crop: z.boolean().default(false),
  crop_size: z.union([side, square, z.object({ shortest_edge: side })]).optional(),
  /** ConvNeXt's. */
  crop_pct: z.number().gt(0).max(1).nullish(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  /** Whether 1 is taken off then. */
  rescale_offset: z.boolean().default(false),
  do_normalize: z.boolean().default(true),
  image_mean: z.array(z.number()).default([0]),
  image_std: z.array(z.number().positive()).default([1]),
  /** MobileViT's: blue first. */
  do_flip_channel_order: z.boolean().default(false),
});

/** Pillow's numbers of its filters, which antialias. */
const RESAMPLES: Record<number, 'bilinear_antialias' | 'antialias'> = { 2: 'bilinear_antialias', 3: 'antialias' };

/** From this shorter side on ConvNeXt's images are squashed, and not cropped. */
const CONVNEXT_SQUASHES = 384;

/** What `preprocessor_config.json` of Hugging Face's image processors says. */
export function fromHuggingFace(json: unknown, refuse: (why: string) => never): StatedPreprocessing {
  const read = HuggingFace.safeParse(json);
  if (!read.success) return refuse(`Hugging Face's config: ${firstIssue(read.error)}`);
  const config = read.data;
  if (!config.do_resize) return refuse('do_resize false');
  const resize =
    RESAMPLES[config.resample ?? -1] ?? refuse(`resample ${config.resample}: allowed are 2 (bilinear), 3 (bicubic)`);
  const { rescale_factor: factor, do_rescale, rescale_offset } = config;
  const white = do_rescale ? Number((255 * factor).toPrecision(7)) : 255;
  const [off, normalized] = [do_rescale && rescale_offset ? 1 : 0, config.do_normalize];
  return {
    ...shown(config, refuse),
    resize,
    range: [0 - off, white - off],
    mean: normalized ? config.image_mean : [0],
    std: normalized ? config.image_std : [1],
    ...(config.do_flip_channel_order && { channels: 'BGR' as const }),
  };
}

/** Size, crop, and whether the aspect is kept. */
function shown(
  { size, crop_size, crop_pct, do_center_crop }: z.infer<typeof HuggingFace>,
  refuse: (why: string) => never,
): Pick<StatedPreprocessing, 'size' | 'crop' | 'squash'> {
  const edge = typeof size === 'number' ? size : 'shortest_edge' in size ? size.shortest_edge : undefined;
  if (crop_pct && edge)
    return edge < CONVNEXT_SQUASHES
      ? { size: [edge, edge], crop: crop_pct }
      : { size: [edge, edge], crop: 1, squash: true };
  if (!do_center_crop) {
    if (typeof size === 'object' && 'height' in size) return { size: [size.height, size.width], crop: 1, squash: true };
    // A number alone is height and width; a shortest edge leaves the aspect, and the centre is what fits.
    return { size: [edge!, edge!], crop: 1, ...(typeof size === 'number' && { squash: true as const }) };
  }
  const crop = crop_size ?? size;
  const [height, width] =
    typeof crop === 'number'
      ? [crop, crop]
      : 'height' in crop
        ? [crop.height, crop.width]
        : [crop.shortest_edge, crop.shortest_edge];
  if (edge === undefined) {
    const { height: h, width: w } = size as z.infer<typeof square>;
    if (h !== height || w !== width)
      refuse(`size ${h} × ${w}, cropped to ${height} × ${width}: the aspect is changed, then cropped`);
    return { size: [height, width], crop: 1, squash: true };
  }
  if (height > edge) refuse(`crop_size ${height} is larger than size ${edge}`);
  return { size: [height, width], crop: height / edge };
}
