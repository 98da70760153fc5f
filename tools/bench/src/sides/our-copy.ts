// What no ingest can beat: the archive's bytes read, written elsewhere, and brought to the disk. Argument: { archive }. Prints Measured.
import { closeSync, copyFileSync, fsyncSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakMB } from './peak-memory.ts';

const { archive } = JSON.parse(process.argv[2]!) as { archive: string };
const dir = mkdtempSync(join(tmpdir(), 'bench-copy-'));
const started = performance.now();
copyFileSync(archive, join(dir, 'copy'));
const file = openSync(join(dir, 'copy'), 'r+');
fsyncSync(file);
closeSync(file);
console.log(JSON.stringify({ seconds: [(performance.now() - started) / 1000], rssMB: peakMB() }));
rmSync(dir, { recursive: true });
