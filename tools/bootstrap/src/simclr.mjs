#!/usr/bin/env node
// `npx simclr …`: sets up what is missing, then runs the command line in the pinned Node.
import { ROOT } from './paths.mjs';

// The tools take paths from there.
process.env.INIT_CWD ??= process.cwd();
process.argv.splice(2, 0, `${ROOT}/tools/pipelines/src/main.ts`);
await import('./main.mjs');
