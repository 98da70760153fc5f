import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';

// View workers decode JPEGs in threads of one process. With the add-on as npm has it, this program crashes or never ends.
it('threads give the add-on attribute names at once', () => {
  const program = fileURLToPath(import.meta.resolve('./testdata/attribute-names.ts'));
  execFileSync(process.execPath, [program], { stdio: 'ignore', timeout: 60_000, killSignal: 'SIGKILL' });
}, 70_000);
