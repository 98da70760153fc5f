import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopServer } from '@simclr/mlflow';
import { expect } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { serverFolder } from '../tracking/mlflow-server.ts';

/** No MLflow server, which shows at once: one that does not answer is waited for. */
export const OFFLINE = 'MLFLOW_TRACKING_URI=none';

/** A workspace for tests, in a temporary folder: toy packages and a pipeline, but the real Nx, DVC and glue. */
export interface ToyWorkspace {
  root: string;
  write(path: string, content: string | object): void;
  /** Lets a stage read a folder of the user's, or some: the lines of all files in those that its config names. */
  ownData(letter: string): void;
  /** Starts a command in a process group of its own, as a shell does for the foreground, with our Node, DVC and Nx. */
  start(command: string, args: string[], folder?: string): Started;
  /** Stops its MLflow server, where one was started, and deletes it. */
  remove(): Promise<void>;
}

export interface Started {
  pid: number;
  /** What it has printed so far. */
  output: string;
  /** Once it has ended: its exit code, −1 for a signal. */
  code: number | undefined;
  ended: Promise<void>;
}

// Counts up, slowly if asked, and keeps a checkpoint: enough to be interrupted, resumed, failed and told apart.
const stageSource = `import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineStage, Interrupted, writeJson, z } from '@simclr/stage';

export default defineStage({
  name: 'toy',
  config: z.strictObject({
    value: z.number().default(1),
    item: z.string().optional(),
    steps: z.int().default(2),
    bytes: z.int().default(0),
    fail: z.boolean().default(false),
    folder: z.union([z.string(), z.array(z.string())]).optional(),
    any: z.unknown().optional(),
  }),
  async run({ config, inputs, out, work, log, signal }) {
    const checkpoint = work + '/checkpoint';
    let step = existsSync(checkpoint) ? Number(readFileSync(checkpoint, 'utf8')) : 0;
    const bar = log.progress(config.steps, 'steps');
    for (; step < config.steps; step++) {
      log.metrics({ loss: 1 / (step + 1) }, step);
      bar.update(step);
      await sleep(20);
      if (!signal.aborted) continue;
      // A second in which no one may be killed. Step is logged again after the resume: it must not be there twice.
      await sleep(1000);
      writeFileSync(checkpoint, String(step));
      throw new Interrupted();
    }
    bar.stop();
    if (config.fail) throw new Error('asked to fail');
    const read = (inputs.dataset ?? []).map(({ task, folder }) => [task, JSON.parse(readFileSync(folder + '/toy.json', 'utf8')).value]);
    const filesIn = (path) => statSync(path).isFile() ? [path] : readdirSync(path).flatMap((name) => filesIn(join(path, name)));
    const files = [config.folder ?? []].flat().flatMap((path) => filesIn(resolve(import.meta.dirname, '../../..', path)));
    const own = files.map((file) => readFileSync(file, 'utf8'));
    const given = config.any === undefined ? {} : { any: config.any };
    const lines = config.folder ? { own: own.sort() } : {};
    writeJson(out + '/toy.json', { value: config.value, inputs: Object.fromEntries(read), ...given, ...lines });
    writeFileSync(out + '/page.html', '<p>toy</p>');
    if (config.bytes) writeFileSync(out + '/bytes', Buffer.alloc(config.bytes, 'toy ' + config.value));
    return { metrics: { value: config.value } };
  },
});
`;

/** What a toy package's package.json says. */
export function toyPackage(name: string, dependencies: Record<string, string> = {}, exports: object = {}): object {
  return {
    name: `@toy/${name}`,
    version: '1.0.0',
    type: 'module',
    exports: { './stage': './src/stage.ts', ...exports },
    stage: { gives: 'dataset', takes: { dataset: 'any' } },
    dependencies,
  };
}

/** Packages `@toy/<letter>`, each a stage; `pipelines/toy/pipeline.yaml` and `configs/toy.json` as given. */
export function toyWorkspace(letters: string[], pipelineYaml: string, config: object): ToyWorkspace {
  const ours = findRoot(import.meta.dirname);
  const root = mkdtempSync(join(tmpdir(), 'toy-'));
  const write = (path: string, content: string | object) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
  };
  for (const shared of ['node_modules', '.venv', 'tools/pipelines/node_modules']) {
    mkdirSync(join(root, shared, '..'), { recursive: true });
    if (existsSync(join(ours, shared))) symlinkSync(join(ours, shared), join(root, shared));
  }
  cpSync(join(ours, 'tools/bootstrap/src'), join(root, 'tools/bootstrap/src'), { recursive: true });
  // A copy, so that a test can edit it.
  cpSync(join(ours, 'tools/pipelines/src'), join(root, 'tools/pipelines/src'), { recursive: true });
  cpSync(join(ours, 'tools/pipelines/package.json'), join(root, 'tools/pipelines/package.json'));
  for (const file of ['nx.json', '.gitignore', '.dvcignore', '.dvc/config', 'package-lock.json']) {
    cpSync(join(ours, file), join(root, file));
  }
  const command = 'node tools/pipelines/src/main.ts run toy';
  write('package.json', {
    name: 'toy-workspace',
    private: true,
    workspaces: ['packages/*'],
    scripts: { toy: command },
  });
  for (const letter of letters) {
    write(`packages/${letter}/package.json`, toyPackage(letter));
    write(`packages/${letter}/src/stage.ts`, stageSource);
  }
  write('pipelines/toy/pipeline.yaml', pipelineYaml);
  write('configs/toy.json', config);
  // Where there is no git, DVC must be told.
  if (spawnSync('git', ['init', '--quiet'], { cwd: root }).status !== 0)
    write('.dvc/config.local', '[core]\n    no_scm = true\n');
  const ownData = (letter: string) => {
    write(`packages/${letter}/package.json`, toyPackage(letter, {}, { './sources': './src/sources.ts' }));
    write(`packages/${letter}/src/sources.ts`, 'export default ({ folder = [] }) => [folder].flat();\n');
  };
  const start = (command: string, args: string[], folder = '') =>
    startIn(ours, root, join(root, folder), command, args);
  const remove = async () => {
    await stopServer(serverFolder(root));
    rmSync(root, { recursive: true, force: true });
  };
  return { root, write, ownData, start, remove };
}

/** What a command printed, which has to end well. */
export async function outputOf(started: Started): Promise<string> {
  await started.ended;
  expect(started.code, started.output).toBe(0);
  return started.output;
}

/** @param root of the workspace, in which the parts of the machine are leased */
export function startIn(ours: string, root: string, cwd: string, command: string, args: string[]): Started {
  const { MLFLOW_TRACKING_URI: _, SIMCLR_SESSION: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const PATH = [join(ours, 'node_modules/.bin'), join(ours, '.venv/bin'), inherited.PATH].join(':');
  // A part of the machine is waited for, but not for what other tests are doing.
  const SIMCLR_LEASES = join(root, '.cache/leases');
  const child = spawn(command, args, { cwd, env: { ...inherited, PATH, SIMCLR_LEASES }, detached: true });
  const ended = new Promise<void>((resolve) => {
    child.on('close', (code) => {
      started.code = code ?? -1;
      resolve();
    });
  });
  const started: Started = { pid: child.pid!, output: '', code: undefined, ended };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      started.output += text;
    });
  }
  return started;
}
