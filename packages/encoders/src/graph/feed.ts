import type { Preprocessing } from '@simclr/artifacts';

/**
 * Fills `into` with images as a graph takes them: of the range, less the mean, by the deviation, in the order of channels
 * and the layout.
 *
 * @param images in [0, 1], [n, h, w, c], red first
 * @param into [n, h, w, c] or [n, c, h, w]
 */
export function feedImages(
  images: Float32Array,
  into: Float32Array,
  { range: [black, white], mean, std, channels: order, layout }: Omit<Preprocessing, 'size' | 'crop'>,
  [height, width, channels]: readonly [number, number, number],
): void {
  const pixels = height * width;
  const scale = std.map((deviation) => (white - black) / deviation);
  const shift = mean.map((value, c) => (black - value) / std[c]!);
  const planar = layout === 'NCHW';
  const [step, next] = planar ? [1, pixels] : [channels, 1];
  for (let at = 0; at < images.length; at += pixels * channels) {
    for (let c = 0; c < channels; c++) {
      const from = at + (order === 'BGR' ? channels - 1 - c : c);
      let to = at + c * next;
      const [times, plus] = [scale[c]!, shift[c]!];
      for (let i = 0; i < pixels; i++, to += step) into[to] = images[from + i * channels]! * times + plus;
    }
  }
}
