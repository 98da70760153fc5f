import { posix } from 'node:path';

/** What the server accepts (mlflow/utils/validation.py, 3.17). Lengths are in characters. */
export const LIMITS = {
  batchItems: 1000,
  batchMetrics: 1000,
  batchParams: 100,
  batchTags: 100,
  batchBytes: 1_000_000,
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  datasetName: 500,
  datasetDigest: 36,
} as const;

/**
 * Throws unless `name` may be the key of a metric, param or tag: letters, digits, `/ _ . - :` and spaces, at most 250
 * of them, and a plain relative path, since some stores keep a file of that name.
 */
export function checkName(what: string, name: string): void {
  const normal = name !== '' && posix.normalize(name) === name && !/^\.\.|^\/|\/$|^\.$/.test(name);
  if (!normal || !/^[/\p{L}\p{N}_.\- :]+$/u.test(name)) {
    throw new Error(
      `invalid ${what} name: ${name}. allowed: letters, digits, / _ . - : and spaces, as a relative path`,
    );
  }
  if (name.length > LIMITS.key)
    throw new Error(`invalid ${what} name: ${name}. allowed: at most ${LIMITS.key} characters`);
}

/** Throws unless a run or a model may be found by `key`: it is part of a search's text, and of a folder's name. */
export function checkKey(what: string, key: string): void {
  if (/^(?!\.\.?$)[\w.:-]{1,250}$/.test(key)) return;
  throw new Error(`invalid ${what} key: ${key}. allowed: letters, digits, _ . : -`);
}

/** Throws unless `path` names a file below the artifact folder. */
export function checkArtifactPath(path: string): void {
  const inside = path !== '' && posix.normalize(path) === path && !/^\.\.?(\/|$)|^\/|\/$/.test(path);
  if (!inside || /[\\#%\p{Cc}]/u.test(path)) {
    throw new Error(`invalid artifact path: ${path}. allowed: a relative path without .. \\ # %`);
  }
}

/** The value, cut to `limit` characters if that is allowed (MLFLOW_TRUNCATE_LONG_VALUES), an error otherwise. */
export function limitValue(what: string, value: string, limit: number, truncate: boolean): string {
  // The server counts code points; only a text with more UTF-16 units than that can be too long.
  if (value.length <= limit) return value;
  const points = Array.from(value);
  if (points.length <= limit) return value;
  if (truncate) return points.slice(0, limit).join('');
  throw new Error(
    `${what} too long: ${points.length} characters. allowed: ${limit}; MLFLOW_TRUNCATE_LONG_VALUES=true cuts it`,
  );
}
