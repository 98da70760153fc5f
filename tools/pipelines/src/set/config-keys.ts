import { z } from '@simclr/stage';
import { isObject } from '../definition/config-file.ts';

/** Below this key, anything is allowed. */
const ANY = '*';

/** The keys that a schema takes, those below others with dots: `optimizer.momentum`. Of a union, those of each member. */
export function configKeys(schema: z.ZodType): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  return [...new Set(keysBelow(root, root, '', []))];
}

function keysBelow(root: object, schema: unknown, path: string, seen: unknown[]): string[] {
  if (!isObject(schema) || seen.includes(schema)) return [];
  const trail = [...seen, schema];
  const at = (key: string) => (path ? `${path}.${key}` : key);
  const own = Object.entries(isObject(schema.properties) ? schema.properties : {}).flatMap(([key, below]) => [
    at(key),
    ...keysBelow(root, below, at(key), trail),
  ]);
  const members = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const others = [...members, ...(typeof schema.$ref === 'string' ? [resolve(root, schema.$ref)] : [])];
  const open = isObject(schema.additionalProperties) || !Object.keys(schema).some((key) => key !== 'default');
  return [
    ...own,
    ...(open && path ? [at(ANY)] : []),
    ...others.flatMap((other) => keysBelow(root, other, path, trail)),
  ];
}

/** What `#/$defs/x` points at. */
const resolve = (root: object, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), root);

/** Whether a key is among those, or below one that takes anything. */
export const isAllowed = (keys: readonly string[], key: string): boolean =>
  keys.includes(key) || keys.some((each) => each.endsWith(`.${ANY}`) && key.startsWith(each.slice(0, -ANY.length)));
