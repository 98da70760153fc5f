import { type Dict, PickledObject } from '@simclr/pickle';
import { ORDERED, View } from './torch-tensors.ts';

/** Where a module of torch keeps its tensors and modules: they go by their own names. */
const MODULE_PARTS = new Set(['_parameters', '_buffers', '_modules']);
const MAX_DEPTH = 16;
const MAX_NAME = 300;

/**
 * The tensors of what a pickle held, by the path of keys and attributes that leads to each: `state_dict.conv1.weight`,
 * `best_acc1`; those of a module (its object, not its state_dict) as its state_dict names them. Everything is visited
 * once, under the first of its names.
 */
export function namedTensors(root: unknown): Map<string, View> {
  const tensors = new Map<string, View>();
  const visited = new Set<unknown>();

  const visit = (value: unknown, path: string, depth: number): void => {
    if (value instanceof View) {
      if (!tensors.has(path)) tensors.set(path, value);
      return;
    }
    const isContainer = value instanceof Map || value instanceof PickledObject || Array.isArray(value);
    if (!isContainer || depth > MAX_DEPTH || visited.has(value)) return;
    visited.add(value);
    for (const [key, inner] of itemsOf(value)) {
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const name = MODULE_PARTS.has(String(key)) ? path : path ? `${path}.${key}` : `${key}`;
      if (name.length <= MAX_NAME) visit(inner, name, depth + 1);
    }
  };
  visit(root, '', 0);
  tensors.delete('');
  return tensors;
}

function* itemsOf(value: Dict | PickledObject | unknown[]): Iterable<[unknown, unknown]> {
  if (!(value instanceof PickledObject)) {
    yield* value.entries();
    return;
  }
  yield* value.entries;
  if (value.state instanceof Map) yield* value.state;
  const pairs: unknown = value.name === ORDERED && Array.isArray(value.args) ? value.args[0] : [];
  if (!Array.isArray(pairs)) return;
  for (const pair of pairs) if (Array.isArray(pair) && pair.length === 2) yield [pair[0], pair[1]];
}
