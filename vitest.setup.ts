import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the processes of tests, and the thousand that these start, load in common is compiled once. */
export default function shareCompiled(): void {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
  process.env.NODE_COMPILE_CACHE = folder;
  // A teardown would be too early: a process writes what it compiled when it ends.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
