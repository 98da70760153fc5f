import { UserError } from '@simclr/stage';
import { DT } from './graph/graph-def.ts';
import { native } from './trace/binding.ts';

/** A SavedModel of any program, in a session. */
export interface OpenSavedModel {
  /**
   * @param values of the tensor `feed`, float32, row-major
   * @param fetch `node:port` of a float32 tensor
   */
  run(
    values: Float32Array,
    shape: readonly number[],
    feed: string,
    fetch: string,
  ): { shape: number[]; data: Float32Array };
  dispose(): void;
}

/**
 * Opens a SavedModel by its tags, `serve`.
 * @throws UserError where TensorFlow refuses it
 */
export function openSavedModel(folder: string): OpenSavedModel {
  const refusing = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new UserError(`tensorflow refuses ${folder}: ${(error as Error).message.split('\n')[0]!.slice(0, 300)}`);
    }
  };
  const session = refusing(() => native.loadSavedModel(folder, 'serve'));
  return {
    run: (values, shape, feed, fetch) =>
      refusing(() => {
        const id = native.createTensor([...shape], DT.float32, values);
        try {
          const [output] = native.runSavedModel(session, [id], feed, fetch);
          const data = native.tensorDataSync(output!.id) as Float32Array;
          native.deleteTensor(output!.id);
          return { shape: output!.shape, data };
        } finally {
          native.deleteTensor(id);
        }
      }),
    dispose: () => native.deleteSavedModel(session),
  };
}
