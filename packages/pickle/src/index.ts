/**
 * Python's pickles, read as data: nothing that they name is looked up or run. PyTorch's checkpoints and CIFAR's batches are such.
 *
 * {@link ../example.ts} runs.
 */
export type { Dict } from './pickled-object.ts';
export { PickledGlobal, PickledObject } from './pickled-object.ts';
export { readPickle } from './read-pickle.ts';
