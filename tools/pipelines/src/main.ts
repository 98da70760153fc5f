/**
 * The command line: `npx simclr --help` says what it takes (cli/commands.ts). `task` is what Nx calls, `exec` what DVC
 * calls, `own-data` both.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// A run starts this program twice for each of its tasks, and a stage its threads and tracing children, which know of this
// by the environment: what they load is stripped of types and compiled once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../../.cache/compiled');
enableCompileCache(process.env.NODE_COMPILE_CACHE);
await import('./command-line.ts');
