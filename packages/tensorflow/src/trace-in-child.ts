import { spawn } from 'node:child_process';
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
}

/** The folder of the traced definition; traces it in a child process if it is not in the cache. */
export async function tracedFolder(definition: DefinitionReference, { cache, target }: TraceOptions): Promise<string> {
  const request: TraceRequest = { definition, target, folder: join(cache, cacheKey(definition, target)) };
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
