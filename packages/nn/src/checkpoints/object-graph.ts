import { UserError } from '@simclr/stage';
import { fieldsOf } from './protobuf.ts';

/** The tensor that holds a TF2 checkpoint's object graph. */
export const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH';
const VALUE = '/.ATTRIBUTES/VARIABLE_VALUE';

/**
 * Keys of a TF2 checkpoint by the names that its variables had in their program: `resnet/conv2d_fixed_padding/conv2d/kernel`
 * is stored as `trainable_variables_list/0/.ATTRIBUTES/VARIABLE_VALUE`. Variables that share a name
 * go by their keys.
 *
 * @param graph a TrackableObjectGraph (tensorflow/core/protobuf/trackable_object_graph.proto)
 * @throws UserError where it cannot be read
 */
export function variableNames(graph: Uint8Array, path: string): Map<string, string> {
  const keysOf = new Map<string, string[]>();
  try {
    for (const node of fieldsOf(graph).bytes(1)) {
      for (const attribute of fieldsOf(node).bytes(2)) {
        const fields = fieldsOf(attribute);
        const text = (number: number) => Buffer.from(fields.bytes(number)[0] ?? []).toString('utf8');
        const [name, key] = [text(2), text(3)];
        if (!key.endsWith(VALUE)) continue;
        keysOf.set(name, [...(keysOf.get(name) ?? []), key]);
      }
    }
  } catch (error) {
    throw error instanceof RangeError ? new UserError(`damaged: ${path}, its object graph`) : error;
  }
  return new Map(
    [...keysOf].flatMap(([name, keys]) =>
      keys.map((key) => [name && keys.length === 1 ? name : key.slice(0, -VALUE.length), key] as const),
    ),
  );
}
