// A dataset as a folder of Arrow shards, which Hugging Face `datasets` and pyarrow open as they are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPixels, writePixelSplit } from '@simclr/shards';

const folder = mkdtempSync(join(tmpdir(), 'example-'));
const features = { classes: ['dark', 'light'], shape: [1, 1, 1] as const };
const rows = [3, 250].map((value, label) => ({ pixels: Uint8Array.of(value), label }));
await writePixelSplit(folder, features, rows, { dataset: 'tiny', split: 'train' });
console.log(loadPixels(folder).labels); // Int32Array(2) [ 0, 1 ]
rmSync(folder, { recursive: true });
