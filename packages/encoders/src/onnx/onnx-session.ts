import { UserError } from '@simclr/stage';
import { availableCores } from '@simclr/tensorflow';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { GraphSession } from '../graph/graph-session.ts';

/** Threads that wait for work by spinning take the cores from those that decode images. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: availableCores(),
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/**
 * Opens a model with onnxruntime, on the CPU.
 *
 * @param model a file, or its bytes
 * @throws UserError where onnxruntime refuses it
 */
export async function openOnnxSession(
  model: string | Uint8Array,
  names: { input: string; output: string },
  file: string,
  options: InferenceSession.SessionOptions = {},
): Promise<GraphSession & { session: InferenceSession }> {
  const session = await refusing(file, () =>
    // The types know a path and bytes apart.
    typeof model === 'string'
      ? InferenceSession.create(model, { ...OPTIONS, ...options })
      : InferenceSession.create(model, { ...OPTIONS, ...options }),
  );
  return {
    session,
    async run(values, shape) {
      const feeds = { [names.input]: new Tensor('float32', values, shape) };
      const { [names.output]: output } = await refusing(file, () => session.run(feeds, [names.output]));
      return { data: output!.data as Float32Array, shape: output!.dims };
    },
    dispose: () => void session.release(),
  };
}

async function refusing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [line] = (error as Error).message.split('\n');
    throw new UserError(`onnxruntime refuses ${file}: ${line!.slice(0, 300)}`);
  }
}
