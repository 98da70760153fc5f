// A training that is stopped goes on from its checkpoint.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from '@simclr/stage';
import { float32 } from '@simclr/tensorflow';
import { readCheckpoint, writeCheckpoint } from '@simclr/training';

const work = mkdtempSync(join(tmpdir(), 'training-'));
const state = { w: float32([2], Float32Array.of(1, 2)) };
writeCheckpoint(work, { step: 10, state, history: { losses: [0.7] }, precision: 'fp32' });
const checkpoint = readCheckpoint(work, z.object({ losses: z.array(z.number()) }));
console.log(checkpoint?.step, checkpoint?.history.losses, checkpoint?.state.w?.data); // 10 [ 0.7 ] Float32Array(2) [ 1, 2 ]
rmSync(work, { recursive: true });
