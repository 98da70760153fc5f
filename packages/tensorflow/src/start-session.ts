import { SHARE_ENV, Worker } from 'node:worker_threads';
import { UserError } from '@simclr/stage';
import type { CompileOptions } from './compile.ts';
import type { DefinitionReference } from './definition.ts';
import type { Compiled, GraphInfo } from './session.ts';
import type { Method, Reply, Request } from './session-worker.ts';
import type { TensorData, Tree } from './tensors.ts';

/** A compiled graph in a thread of its own. Calls are answered in order. */
export interface ThreadSession {
  /**
   * As `Compiled.run`, while the caller's thread goes on: it can fill the next batch meanwhile. Arrays over shared
   * memory (`feedBuffer`) are read in place and must not change until the promise settles; others are copied at once.
   */
  run(inputs: Record<string, Float32Array | Int32Array>): Promise<Record<string, TensorData>>;
  read(names?: readonly string[]): Promise<Tree>;
  write(state: Tree): Promise<void>;
  /** Ends the thread, after the calls before it. */
  dispose(): Promise<void>;
  readonly info: GraphInfo;
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/**
 * Compiles a definition and runs it in a worker thread, which leaves this thread's event loop free during a step: for
 * progress, logging, and the next batch.
 *
 * @throws what `compile` throws
 */
export async function startSession(
  definition: DefinitionReference,
  options: CompileOptions = {},
): Promise<ThreadSession> {
  // With a copy of the environment, what load.ts sets would not reach the native library.
  const worker = new Worker(new URL('session-worker.ts', import.meta.url), {
    workerData: { definition, options },
    env: SHARE_ENV,
  });
  const pending = new Map<number, Pending>();
  const failAll = (error: Error) => {
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };
  worker.on('message', (reply: Reply) => {
    const call = pending.get(reply.id);
    pending.delete(reply.id);
    // An idle session keeps no process alive: one that was forgotten in an error must not make it hang.
    if (pending.size === 0) worker.unref();
    if ('error' in reply) call?.reject(errorOf(reply.error));
    else call?.resolve(reply);
  });
  worker.on('error', failAll);
  worker.on('exit', () => {
    open = false;
    failAll(closed());
  });

  let open = true;
  let last = 0;
  const answer = (id: number) => new Promise<Reply>((resolve, reject) => pending.set(id, { resolve, reject }));
  const call = async <M extends Method>(method: M, args: Parameters<Compiled[M]>) => {
    if (!open) throw closed();
    const id = ++last;
    if (method === 'dispose') open = false;
    worker.ref();
    worker.postMessage({ id, method, args } as Request);
    const reply = await answer(id);
    return 'result' in reply ? (reply.result ?? {}) : {};
  };

  const ready = await answer(0);
  if (!('ready' in ready)) throw closed();
  return {
    info: ready.ready,
    run: (inputs) => call('run', [inputs]),
    read: (names) => call('read', [names]),
    write: async (state) => void (await call('write', [state])),
    dispose: async () => void (open && (await call('dispose', []))),
  };
}

const closed = () => new Error('disposed graph: start it again');

function errorOf({ name, message }: { name: string; message: string }): Error {
  return name === 'UserError' ? new UserError(message) : Object.assign(new Error(message), { name });
}
