// Runs are written to a journal; a server, when there is one, gets them from there, each point once.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextTags, openJournal } from '@simclr/mlflow';

const folder = mkdtempSync(join(tmpdir(), 'example-'));
const journal = openJournal(folder, { key: 'a-run', experiment: 'demo', runName: 'first', tags: contextTags() });
journal.params({ lr: 0.1 });
for (let step = 0; step < 100; step++) journal.metrics({ loss: 1 / (step + 1) }, step);
journal.end('FINISHED');
console.log(readdirSync(folder)); // [ 'artifacts', 'journal.jsonl' ]
rmSync(folder, { recursive: true });
