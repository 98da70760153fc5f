import type { Dataset } from './dataset.ts';
import { cifar10, cifar100 } from './datasets/cifar.ts';
import { digits } from './datasets/digits.ts';
import { fashionMnist } from './datasets/fashion-mnist.ts';

/** Datasets that are made from published archives, by name. */
export const DATASETS: Readonly<Record<string, Dataset>> = Object.fromEntries(
  [fashionMnist, digits, cifar10, cifar100].map((dataset) => [dataset.name, dataset]),
);
