import { z } from 'zod';
import { UserError } from './errors.ts';

/** The path of a config key as users write it: `pretrain.optimizer.momentum`, `transfer.datasets[1]`. */
function keyPath(where: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    where,
  );
}

/** The object schema at `path`, to list the keys that are allowed there. */
function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = schema;
  for (const key of path) {
    at = unwrap(at);
    if (at instanceof z.ZodObject) at = at.shape[String(key)];
    else if (at instanceof z.ZodArray) at = at.element;
    else return undefined;
  }
  return unwrap(at);
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (
    at instanceof z.ZodDefault ||
    at instanceof z.ZodOptional ||
    at instanceof z.ZodNullable ||
    at instanceof z.ZodPrefault
  ) {
    at = at.unwrap();
  }
  return at;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/**
 * Checks a config against its schema and fills in the defaults.
 *
 * @param where how the value is named in errors, for example `pretrain` (its key in configs/quickstart.json)
 * @param file the file to correct, named in the error
 * @throws UserError one line: the first thing wrong, what was found, what is allowed, where to change it
 */
export function parseConfig<S extends z.ZodType>(schema: S, value: unknown, where: string, file: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const at = keyPath(where, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const object = schemaAt(schema, issue.path);
    const allowed = object instanceof z.ZodObject ? Object.keys(object.shape).sort().join(', ') : '';
    throw new UserError(`unknown config key: ${at}.${issue.keys[0]}. allowed: ${allowed || 'none'}. correct ${file}`);
  }
  const found = JSON.stringify(valueAt(value, issue.path)) ?? 'nothing';
  const said = issue.message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '');
  throw new UserError(
    `invalid config value: ${at} = ${found}. ${said.charAt(0).toLowerCase()}${said.slice(1)}. correct ${file}`,
  );
}
