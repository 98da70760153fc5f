import type { Dataset } from './dataset.ts';
import { aircraft } from './datasets/aircraft.ts';
import { birdsnap } from './datasets/birdsnap.ts';
import { caltech101 } from './datasets/caltech101.ts';
import { cars } from './datasets/cars.ts';
import { cifar10, cifar100 } from './datasets/cifar.ts';
import { digits } from './datasets/digits.ts';
import { dtd } from './datasets/dtd.ts';
import { fashionMnist } from './datasets/fashion-mnist.ts';
import { flowers } from './datasets/flowers.ts';
import { food101 } from './datasets/food101.ts';
import { imagenet } from './datasets/imagenet.ts';
import { imagenette } from './datasets/imagenette.ts';
import { pets } from './datasets/pets.ts';
import { stl10 } from './datasets/stl10.ts';
import { sun397 } from './datasets/sun397.ts';
import { voc2007 } from './datasets/voc2007.ts';

const SMALL = [fashionMnist, digits, cifar10, cifar100, stl10];
/** The paper's table of transfer, in its order. */
const TRANSFER = [food101, birdsnap, sun397, cars, aircraft, voc2007, dtd, pets, caltech101, flowers];

/** Datasets that are made from published archives, by name. */
export const DATASETS: Readonly<Record<string, Dataset>> = Object.fromEntries(
  [...SMALL, ...TRANSFER, imagenet, imagenette].map((dataset) => [dataset.name, dataset]),
);
