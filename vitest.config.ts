import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// For the test processes: a native library reads the environment that its process was started with.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
// Not in line with the runs of whoever sits at this machine.
process.env.SIMCLR_LEASES ??= join(tmpdir(), `simclr-leases-test-${process.pid}`);

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tools/*/src/**/*.test.ts'],
    globalSetup: 'vitest.setup.ts',
    // TensorFlow is a native add-on with process-wide state: a process a file, two at a time (two cores).
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
