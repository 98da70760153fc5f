// What one stage says to the next: written in one place, read in another, refused where it is damaged.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readViewPolicy, writeViewPolicy } from '@simclr/artifacts';

const folder = mkdtempSync(join(tmpdir(), 'example-'));
writeViewPolicy(folder, { policy: 'crop|flip', dataset: 'digits', shape: [8, 8, 1] });
console.log(readViewPolicy(folder).policy); // crop|flip
rmSync(folder, { recursive: true });
