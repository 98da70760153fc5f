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
function schemaAt(schema: unknown, path: readonly PropertyKey[], value: unknown): unknown {
  let at: unknown = schema;
  path.forEach((key, depth) => {
    at = chosen(unwrap(at), valueAt(value, path.slice(0, depth)));
    if (at instanceof z.ZodObject) at = at.shape[String(key)];
    else at = at instanceof z.ZodArray ? at.element : undefined;
  });
  return chosen(unwrap(at), valueAt(value, path));
}

/** Of a union the member that the value is meant to be: by its discriminator, or the object that takes it but for its keys. */
function chosen(schema: unknown, value: unknown): unknown {
  if (!(schema instanceof z.ZodUnion)) return schema;
  if (!(schema instanceof z.ZodDiscriminatedUnion)) {
    const objects = schema.options.filter((o) => o instanceof z.ZodObject);
    const meant = objects.find((o) => o.safeParse(value).error?.issues.every((i) => i.code === 'unrecognized_keys'));
    return meant ?? objects[0];
  }
  const { discriminator, options } = schema.def as { discriminator: string; options: readonly unknown[] };
  const kind = valueAt(value, [discriminator]);
  return options.find((o) => o instanceof z.ZodObject && o.shape[discriminator]?.safeParse(kind).success);
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (
    at instanceof z.ZodDefault ||
    at instanceof z.ZodOptional ||
    at instanceof z.ZodNullable ||
    at instanceof z.ZodPrefault ||
    at instanceof z.ZodPipe
  ) {
    at = at instanceof z.ZodPipe ? at.in : at.unwrap();
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
 * @param file the file to correct, named in the error; or which it is for a key (`pretrain.batch`)
 * @throws UserError a line for each thing wrong: what was found, what is allowed, where to change it
 */
export function parseConfig<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: string,
  file: string | ((key: string) => string),
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(result.error.issues.flatMap((issue) => describe(schema, value, where, issue, file)).join('\n'));
}

function describe(
  schema: z.ZodType,
  value: unknown,
  where: string,
  issue: z.core.$ZodIssue,
  fileOf: string | ((key: string) => string),
): string | string[] {
  const at = keyPath(where, issue.path);
  const file = typeof fileOf === 'string' ? fileOf : fileOf(at);
  if (issue.code === 'unrecognized_keys') {
    const object = schemaAt(schema, issue.path, value);
    const allowed = object instanceof z.ZodObject ? Object.keys(object.shape).sort().join(', ') : '';
    return issue.keys.map((key) => `unknown config key: ${at}.${key}. allowed: ${allowed || 'none'}. correct ${file}`);
  }
  const found = JSON.stringify(valueAt(value, issue.path)) ?? 'nothing';
  const said = issue.message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '');
  return `invalid config value: ${at} = ${found}. ${said.charAt(0).toLowerCase()}${said.slice(1)}. correct ${file}`;
}
