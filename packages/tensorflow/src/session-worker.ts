// Entry of the thread behind `startSession`: one compiled graph, called by messages.
import { parentPort, workerData } from 'node:worker_threads';
import { type CompileOptions, compile } from './compile.ts';
import type { DefinitionReference } from './definition.ts';
import type { Compiled, GraphInfo } from './session.ts';
import type { TensorData } from './tensors.ts';

/** A call of one of Compiled's methods. */
export type Request = { [M in Method]: { id: number; method: M; args: Parameters<Compiled[M]> } }[Method];
export type Method = 'run' | 'read' | 'write' | 'dispose';
export type Reply =
  | { id: number; ready: GraphInfo }
  | { id: number; result: Record<string, TensorData> | undefined }
  | { id: number; error: { name: string; message: string } };

function call(graph: Compiled, request: Request): Record<string, TensorData> | undefined {
  switch (request.method) {
    case 'run':
      return graph.run(...request.args);
    case 'read':
      return graph.read(...request.args);
    case 'write':
      graph.write(...request.args);
      return undefined;
    case 'dispose':
      graph.dispose();
      return undefined;
  }
}

const port = parentPort!;
const send = (reply: Reply, buffers: ArrayBuffer[] = []) => port.postMessage(reply, buffers);
const fail = (id: number, { name, message }: Error) => send({ id, error: { name, message } });

const { definition, options } = workerData as { definition: DefinitionReference; options: CompileOptions };
try {
  const graph = await compile(definition, options);
  port.on('message', (request: Request) => {
    try {
      const result = call(graph, request);
      // The arrays were made for this reply: they move to the caller's thread without a copy.
      const buffers = Object.values(result ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
      send({ id: request.id, result }, buffers);
    } catch (error) {
      fail(request.id, error as Error);
    }
    if (request.method === 'dispose') port.close();
  });
  send({ id: 0, ready: graph.info });
} catch (error) {
  fail(0, error as Error);
}
