// Which images are the same but for brightness, among some of which two are.
import { findDuplicates, Looks } from '@simclr/near-duplicates';

const looks = new Looks();
const shape = [32, 32, 1] as const;
const wave = (x: number, y: number) => 120 + 60 * Math.sin(x / 5) * Math.cos(y / 9 + x / 30);
const image = (value: (x: number, y: number) => number) =>
  Array.from({ length: 1024 }, (_, i) => value(i % 32, i >> 5));
looks.add(image(wave), shape);
looks.add(
  image((x, y) => 120 + 60 * Math.sin(y / 3 + x / 7)),
  shape,
);
looks.add(
  image((x, y) => 1.1 * wave(x, y)),
  shape,
);
const pairs = await findDuplicates(looks);
console.log(pairs.map(({ a, b, likeness }) => [a, b, likeness.toFixed(2)])); // [ [ 0, 2, '1.00' ] ]
