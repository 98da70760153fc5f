import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeJson, type z } from '@simclr/stage';

/** Name, schema and version of a JSON file between stages. */
interface Definition<W extends z.ZodType, R extends z.ZodType> {
  file: string;
  /** What errors call it. */
  name?: string;
  /** The stage that writes it, where it is one alone. */
  stage?: string;
  /** Said where the file is missing, before the next command. */
  expected?: string;
  /** Of the format. A file has it from 2 on: one without is of the first. */
  version: number;
  /** What is written: strict. */
  written: W;
  /** What is read, of this version: no stricter. Files of older versions come to it by `upgrade`. */
  read: R;
  upgrade?: (json: Record<string, unknown>, version: number) => Record<string, unknown>;
}

/** A JSON file in a stage's folder. */
export interface JsonArtifact<Written, Read> {
  file: string;
  /** @throws UserError in one line, with the next command: the file is missing, damaged, incomplete, or of a newer version */
  read(folder: string): Read;
  /**
   * Writes it by rename.
   * @throws Error for what the schema does not know
   */
  write(folder: string, value: Written): void;
}

export function jsonArtifact<W extends z.ZodType, R extends z.ZodType>(
  definition: Definition<W, R>,
): JsonArtifact<z.input<W>, z.output<R>> {
  const { file, version, written } = definition;
  return {
    file,
    read: (folder) => readArtifact(join(folder, file), definition),
    write(folder, value) {
      written.parse(value);
      writeJson(join(folder, file), version === 1 ? value : { version, ...(value as object) });
    },
  };
}

/**
 * The command that writes a file again.
 * @param stage the one that does, where it is one alone
 */
export const runAgain = (stage?: string): string =>
  `run npm run pipeline -- run <pipeline> --force ${stage ?? '<stage>, the stage that writes it'}`;

function readArtifact<W extends z.ZodType, R extends z.ZodType>(
  path: string,
  definition: Definition<W, R>,
): z.output<R> {
  const { name = 'file', stage, expected, version, read, upgrade = (json) => json } = definition;
  if (!existsSync(path))
    throw new UserError([`missing ${name}: ${path}`, expected, runAgain(stage)].filter(Boolean).join('. '));
  const invalid = (why: string) => new UserError(`invalid ${name}: ${path}. ${why}. ${runAgain(stage)}`);
  const json = parseObject(readFileSync(path, 'utf8'));
  if (typeof json === 'string') throw invalid(json);
  const { version: found = 1, ...rest } = json;
  if (!Number.isInteger(found) || (found as number) < 1)
    throw invalid(`version: expected a whole number, at most ${version}`);
  if ((found as number) > version)
    throw new UserError(
      `newer ${name}: ${path} is of version ${found}, and ${version} is the last that is read here. update this checkout, or ${runAgain(stage)}`,
    );
  const result = read.safeParse((found as number) < version ? upgrade(rest, found as number) : rest);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const said = issue.message.replace(/^Invalid (input|option): /, '');
  throw invalid(
    [issue.path.join('.'), `${said.charAt(0).toLowerCase()}${said.slice(1)}`].filter((part) => part !== '').join(': '),
  );
}

/** @returns why not, where it is none */
function parseObject(text: string): Record<string, unknown> | string {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
    return 'expected an object';
  } catch {
    return 'expected JSON';
  }
}
