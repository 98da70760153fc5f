import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheKey } from './cache-key.ts';
import type { DefinitionReference } from './definition.ts';
import type { Target } from './machine.ts';
import type { TraceRequest } from './trace/child.ts';

const CHILD = fileURLToPath(new URL('trace/child.ts', import.meta.url));

const command = (request: TraceRequest): [string, string[]] => [process.execPath, [CHILD, JSON.stringify(request)]];

/** What a finished child said, as an error where it failed. It writes the message to standard output, apart from TensorFlow's lines. */
function check(code: number | string | null, message: string, rest: string): void {
  if (code !== 0) throw new Error(message || `the trace ended with ${code}: ${rest.trim().split('\n').at(-1)}`);
}

export interface TraceOptions {
  /** Folder of traced graphs. */
  cache: string;
  target: Target;
  /** Size of the open dimension, to close it; by default it stays open. */
  rows?: number;
}

function requestOf(definition: DefinitionReference, { cache, target, rows }: TraceOptions): TraceRequest {
  return { definition, target, rows, folder: join(cache, cacheKey(definition, target, rows)) };
}

/** The folder of the traced definition; traces it in a child process if it is not in the cache. */
export async function tracedFolder(definition: DefinitionReference, options: TraceOptions): Promise<string> {
  const request = requestOf(definition, options);
  if (existsSync(request.folder)) return request.folder;
  mkdirSync(dirname(request.folder), { recursive: true });
  const child = spawn(...command(request), { stdio: ['ignore', 'pipe', 'pipe'] });
  let message = '';
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    message += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    rest += chunk;
  });
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  check(code, message, rest);
  return request.folder;
}

/** As `tracedFolder`, where a caller cannot wait: within `run`. */
export function tracedFolderSync(definition: DefinitionReference, options: TraceOptions): string {
  const request = requestOf(definition, options);
  if (existsSync(request.folder)) return request.folder;
  mkdirSync(dirname(request.folder), { recursive: true });
  const { status, signal, stdout, stderr } = spawnSync(...command(request), { encoding: 'utf8' });
  check(status ?? signal, stdout, stderr);
  return request.folder;
}
