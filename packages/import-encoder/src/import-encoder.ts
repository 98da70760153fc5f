import { existsSync, rmSync } from 'node:fs';
import { publishFolder, UserError } from '@simclr/stage';
import { readable, readEncoder, writeEncoder } from './checkpoint-encoder.ts';
import { planGraph } from './graph/plan-graph.ts';
import type { EncoderOptions, GraphOptions } from './options.ts';
import { copyEncoder, ownEncoder, refuseOptions } from './own-encoder.ts';
import { reportTable } from './report-table.ts';

/** What an import gave, in words for the terminal. */
export interface ImportResult {
  /** Names in the folder. */
  files: string[];
  table: string;
}

/**
 * Writes a checkpoint or a graph of another program as the folder of an encoder. The folder appears whole or not at all.
 *
 * @throws UserError as `readEncoder`, `planGraph` and `writeGraph`, and where the folder exists or cannot be written
 */
export async function importEncoder(
  file: string,
  folder: string,
  options: EncoderOptions & GraphOptions = {},
): Promise<ImportResult> {
  if (existsSync(folder)) throw new UserError(`folder exists: ${folder}. remove it, or name another`);
  const write = prepareImport(file, options);
  const unfinished = `${folder}.new.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    const result = await write(unfinished);
    publishFolder(unfinished, folder);
    return result;
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall) throw new UserError(`cannot write: ${folder}. ${message}`);
    throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * Reads a checkpoint, or what the file of a graph says, and gives what writes it into a folder.
 * @throws UserError where it cannot be imported
 */
export function prepareImport(
  file: string,
  options: EncoderOptions & GraphOptions,
): (folder: string) => Promise<ImportResult> {
  const own = ownEncoder(file);
  if (own) {
    refuseOptions(own, options);
    return async (folder) => ({ files: copyEncoder(own, folder), table: `format   an encoder of here, ${own}` });
  }
  const graph = readable(file, () => planGraph(file, options));
  if (graph)
    return async (folder) => {
      const { graphTable, writeGraph } = await import('./graph/import-graph.ts');
      const written = await writeGraph(folder, graph);
      return { files: written.files, table: graphTable(written) };
    };
  const encoder = readEncoder(file, options);
  return async (folder) => ({ files: writeEncoder(folder, encoder), table: reportTable(encoder) });
}
