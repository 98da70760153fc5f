import { createHash } from 'node:crypto';
import { constNode, DT, type GraphNode, typeAttr } from '../graph/graph-def.ts';

/** Bytes above which a constant of equal elements becomes a Fill. */
const FILL_ABOVE = 256;

const ELEMENT: Record<number, number> = { [DT.float32]: 4, [DT.int32]: 4, [DT.bool]: 1, [DT.uint8]: 1 };

/**
 * Constants of equal elements (tf.zeros, tf.ones) become `Fill`, and equal constants one: the recorded step of a
 * ResNet-18 would otherwise carry 900 MB of them.
 */
export function foldConstants(nodes: readonly GraphNode[]): GraphNode[] {
  const kept = new Map<string, string>();
  const renamed = new Map<string, string>();
  const result: GraphNode[] = [];
  const rename = (input: string): string => {
    const [, order = '', name = '', port = ''] = /^(\^?)([^:]+)(:\d+)?$/.exec(input) ?? [];
    return `${order}${renamed.get(name) ?? name}${port}`;
  };
  for (const node of nodes) {
    const value = node.op === 'Const' ? node.attrs.value : undefined;
    if (value?.kind !== 'tensor') {
      result.push({ ...node, inputs: node.inputs.map(rename) });
      continue;
    }
    const { dtype, shape, raw } = value;
    const key = `${dtype} ${shape} ${createHash('sha1').update(raw).digest('hex')}`;
    const same = kept.get(key);
    if (same !== undefined) {
      renamed.set(node.name, same);
      continue;
    }
    kept.set(key, node.name);
    const element = ELEMENT[dtype] ?? 4;
    const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
    const uniform =
      bytes.length > FILL_ABOVE && bytes.subarray(element).equals(bytes.subarray(0, bytes.length - element));
    if (!uniform) {
      result.push(node);
      continue;
    }
    const dims = constNode(
      `${node.name}/dims`,
      DT.int32,
      [shape.length],
      new Uint8Array(Int32Array.from(shape).buffer),
    );
    const fill = constNode(`${node.name}/value`, dtype, [], bytes.subarray(0, element));
    const attrs = { T: typeAttr(dtype), index_type: typeAttr(DT.int32) };
    result.push(dims, fill, {
      name: node.name,
      op: 'Fill',
      inputs: [dims.name, fill.name],
      attrs,
      outputs: [{ dtype, shape }],
    });
  }
  return result;
}
