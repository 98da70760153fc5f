import { join } from 'node:path';
import { readWire, type WireMessage } from '../wire.ts';

/** A tensor of a signature; null for an open dimension, undefined for an open rank. */
export interface SignatureTensor {
  /** The signature's own name. */
  key: string;
  /** `node:port`. */
  tensor: string;
  /** Of types.proto: 1 is float32. */
  dtype: number;
  shape: (number | null)[] | undefined;
}

export interface SavedGraph {
  /** Signatures by name. */
  signatures: Map<string, { inputs: SignatureTensor[]; outputs: SignatureTensor[] }>;
  /**
   * Nodes that an output depends on, those of functions that are called too: by the name of the function, empty outside
   * of functions, a slash, and their own.
   */
  reached(output: string): Map<string, WireMessage>;
}

export const SAVED_MODEL = 'saved_model.pb';

/** @throws UserError where the folder's `saved_model.pb` is damaged or has no graph that is tagged `serve` */
export function readSavedModel(folder: string): SavedGraph {
  return readWire(join(folder, SAVED_MODEL), 'SavedModel with a graph tagged serve', (model) => {
    const graph = model.messages(2).find((meta) => meta.message(1).texts(4).includes('serve'));
    if (!graph) throw new RangeError('no graph');
    const signatures = [...graph.map(5)].map(([name, signature]) => {
      const tensors = (number: number) => [...signature.map(number)].map(([key, info]) => tensorOf(key, info));
      return [name, { inputs: tensors(1), outputs: tensors(2) }] as const;
    });
    return { signatures: new Map(signatures), reached: (output) => reachedNodes(graph.message(2), output) };
  });
}

function tensorOf(key: string, info: WireMessage): SignatureTensor {
  const shape = info.message(3);
  const sizes = shape.messages(2).map((dim) => dim.int(1) ?? 0);
  return {
    key,
    tensor: info.text(1),
    dtype: info.int(2) ?? 0,
    // −1 is a very large number to who reads it without its sign.
    shape: shape.int(3) ? undefined : sizes.map((size) => (Number.isSafeInteger(size) && size > 0 ? size : null)),
  };
}

/** The node of an input: `^node`, `node:port`, in functions `node:output:port`. */
export const nodeName = (input: string): string => input.replace(/^\^/, '').split(':')[0]!;

function reachedNodes(graph: WireMessage, output: string): Map<string, WireMessage> {
  const nodes = new Map(graph.messages(1).map((node) => [node.text(1), node]));
  const functions = new Map(
    graph
      .message(2)
      .messages(1)
      .map((body) => [body.message(1).text(1), body]),
  );
  const found = new Map<string, WireMessage>();
  const called = new Set<string>();
  const waiting = [nodeName(output)];
  const visit = (body: string, node: WireMessage) => {
    found.set(`${body}/${node.text(1)}`, node);
    for (const attribute of node.map(5).values()) {
      const name = attribute.message(10).text(1);
      const body = functions.get(name);
      if (!body || called.has(name)) continue;
      called.add(name);
      for (const inner of body.messages(3)) visit(name, inner);
    }
  };
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = nodes.get(name);
    if (!node || found.has(`/${name}`)) continue;
    visit('', node);
    waiting.push(...node.texts(3).map(nodeName));
  }
  return found;
}
