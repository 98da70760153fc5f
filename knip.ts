import type { KnipConfig } from 'knip';

// `npm run check` looks twice. `knip` finds what nothing uses, with tests among the users; `knip --production` what only
// tests use, which is code without a caller.
const production = process.argv.includes('--production');
const tests = 'src/**/*.test.ts';
/** Besides a package's exports. */
const users = [tests, 'example.ts'];
/** What only tests use: doubles, and what stands in `testdata` or `testing`. */
const aids = ['!**/{testdata,testing}/**!', '!**/{fake,toy,real}-*.ts!', '!**/collect-rows.ts!'];
/** A type that its own file uses names what functions take and give, and may be exported. */
const types = { interface: true, type: true };

export default {
  includeEntryExports: true,
  ignoreExportsUsedInFile: production ? true : types, // A function may be exported for its tests.
  exclude: production ? ['dependencies'] : [],
  tags: ['-traced'], // Functions that `compile` finds by a name in text.
  workspaces: {
    '.': { project: ['*.ts'] },
    'packages/*': { entry: users, project: ['**/*.ts!', ...aids] },
    // A client for anyone: what its index exports is its interface.
    'packages/mlflow': {
      includeEntryExports: false,
      entry: [...users, 'src/fluent/keep.ts!', 'src/testdata/ending.ts'],
      project: ['**/*.ts!', '!pack.ts!', ...aids],
    },
    'packages/collective': {
      entry: [...users, 'src/testdata/{operations,end}.ts'],
      project: ['**/*.ts!', ...aids],
      ignoreDependencies: ['@tensorflow/tfjs-node'], // Its folder is looked for, beside which libtensorflow is.
    },
    'packages/nn': { entry: [...users, 'src/testdata/{measure-step,rank-*}.ts'], project: ['**/*.ts!', ...aids] },
    'packages/finetune': { entry: [...users, 'src/testdata/run-stage.ts'], project: ['**/*.ts!', ...aids] },
    'tools/*': { entry: ['src/main.{ts,mjs}!', tests], project: ['src/**/*.{ts,mjs}!', ...aids] },
    // A library of the tools, without a command of its own.
    'tools/command-line': { entry: [tests], project: ['src/**/*.ts!'] },
    'tools/bench': { entry: ['src/main.ts!', 'src/sides/our-*.ts!', tests], project: ['src/**/*.ts!'] },
  },
  ignoreBinaries: ['mkfifo', 'mount', 'openssl', 'umount', 'mpirun', 'scancel'], // Of the system: for tests, ranks, and Slurm's.
  ignoreDependencies: ['node-api-headers'], // The set-up compiles TensorFlow's add-on against them.
  ignoreIssues: {
    // Where others take from: what only tests take is looked at where it is made.
    'packages/*/src/{index,plan,device/index}.ts': production ? ['exports', 'types'] : [],
    // Found by their place: stages and sources, what is traced, Vitest's configuration, types beside a .mjs.
    'packages/*/src/**/{stage,plan,sources,definitions}.ts': ['exports', 'types'],
    'vitest.{config,setup}.ts': ['exports'],
    'tools/bootstrap/src/*.d.mts': ['exports', 'files'],
    // For tests of ranks, in other packages too.
    'packages/collective/src/testing/*.ts': production ? ['exports'] : [],
    // Every file between stages has a reader and a writer.
    'packages/artifacts/src/*.ts': production ? ['exports', 'types'] : ['types'],
    // Waiting for their callers: issue 20 (probes, metrics, significance).
    'packages/probe/src/*.ts': production ? ['exports', 'types', 'files'] : [],
    // Issue 19: for `npm run datasets`.
    'packages/ingest/src/index.ts': ['exports', 'types'],
    // Loaded by require, where there is something to parse.
    'tools/pipelines/src/inputs/code/parse-module.ts': ['exports'],
  },
} satisfies KnipConfig;
