// Our side of ingest: the stage on an archive of one's own, files as they are. Argument: { archive }. Prints Measured.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stage from '@simclr/ingest/stage';
import { memoryLog, parseConfig } from '@simclr/stage';
import { peakMB } from './peak-memory.ts';

const { archive } = JSON.parse(process.argv[2]!) as { archive: string };
const dir = mkdtempSync(join(tmpdir(), 'bench-ingest-'));
try {
  const dataset = { name: 'images', folder: archive, size: null };
  const config = parseConfig(stage.config, { dataset }, 'ingest', 'the benchmark');
  const { signal } = new AbortController();
  const started = performance.now();
  await stage.run({
    config,
    inputs: {},
    out: join(dir, 'out'),
    work: join(dir, 'work'),
    log: memoryLog(),
    seed: 1,
    signal,
  });
  console.log(JSON.stringify({ seconds: [(performance.now() - started) / 1000], rssMB: peakMB() }));
} finally {
  rmSync(dir, { recursive: true });
}
