import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryLog, parseConfig, soleInputs } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadStage } from './definition/stages.ts';
import type { Task } from './definition/tasks.ts';
import { findRoot, openWorkspace } from './definition/workspace.ts';
import { realWorkspace } from './testing/real-workspace.ts';
import { OFFLINE, type ToyWorkspace } from './testing/toy-workspace.ts';

// A pipeline that begins at a checkpoint file, through the command line: encoder, features, results.
const ours = findRoot(import.meta.dirname);
const installed = existsSync(join(ours, '.venv/bin/dvc'));
if (!installed) console.warn('import-encoder.slow.test.ts skipped: no .venv. run npm run setup');
const checkpoint = (name: string) => join(ours, 'packages/nn/src/checkpoints/testdata', name);

const PIPELINE = `name: toy
config: configs/toy.json
stages:
  ingest: { run: '@simclr/ingest', params: [ingest] }
  import-encoder: { run: '@simclr/import-encoder', params: [importEncoder] }
  features: { run: '@simclr/features', params: [features], needs: [ingest, import-encoder] }
  linear-eval: { run: '@simclr/linear-eval', params: [linearEval], needs: [features] }
`;
let toy: ToyWorkspace;
let config: Record<string, unknown>;
const configure = (changes: object) => {
  config = { ...config, ...changes };
  toy.write('configs/toy.json', config);
};
const main = [OFFLINE, 'node', 'tools/pipelines/src/main.ts'];
async function run(expected = 0): Promise<string> {
  const started = toy.start('env', [...main, 'run', 'toy']);
  await started.ended;
  expect(started.code, started.output).toBe(expected);
  return started.output;
}
const states = (output: string) =>
  [...output.matchAll(/^ {2}(\S+) +(ran|cached)\b/gm)].map(([, id, state]) => `${id} ${state}`);
const out = (path: string) => join(toy.root, 'pipelines/toy/out', path);
const same = (one: string, other: string) =>
  expect(readFileSync(one).equals(readFileSync(other)), `${one} ${other}`).toBe(true);

describe.runIf(installed)('a pipeline that begins at a checkpoint file', { timeout: 900_000 }, () => {
  beforeAll(async () => {
    toy = await realWorkspace({});
    toy.write('pipelines/toy/pipeline.yaml', PIPELINE);
    mkdirSync(join(toy.root, 'weights'));
    copyFileSync(checkpoint('resnet18.pth'), join(toy.root, 'weights/net.pth'));
    const { seed, ingest } = JSON.parse(readFileSync(join(toy.root, 'configs/toy.json'), 'utf8'));
    const probe = { l2s: [0.1, 10], knn: { k: 3 } };
    config = { seed, ingest };
    configure({
      importEncoder: { file: 'weights/net.pth', size: 16 },
      features: {},
      linearEval: probe,
    });
  });
  afterAll(() => toy.remove());

  it('runs to results', async () => {
    expect(states(await run())).toEqual(
      ['ingest', 'import-encoder', 'features', 'linear-eval'].map((id) => `${id} ran`),
    );
    const { rows } = JSON.parse(readFileSync(out('linear-eval/data/results.json'), 'utf8'));
    expect([...new Set(rows.map(({ features }: { features: string }) => features))]).toEqual([
      'pretrained',
      'random-init',
      'pixels',
    ]);
  });

  it('has the encoder and the features that npm run import leads to, to the byte', async () => {
    const door = join(ours, 'tools/import/src/main.ts');
    const args = [door, 'weights/net.pth', 'encoder', '--size', '16'];
    const env = { ...process.env, INIT_CWD: toy.root };
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect(status, stderr).toBe(0);
    for (const file of ['encoder.json', 'encoder.safetensors'])
      same(join(toy.root, 'encoder', file), out(`import-encoder/data/${file}`));
    const stage = await loadStage(openWorkspace(ours), { spec: { run: '@simclr/features', folder: '.' } } as Task);
    const folder = join(toy.root, 'features');
    mkdirSync(folder);
    await stage.run({
      config: parseConfig(stage.config, {}, 'features', 'c.json'),
      inputs: soleInputs({ dataset: { folder: out('ingest/data') }, encoder: { folder: join(toy.root, 'encoder') } }),
      out: folder,
      work: folder,
      log: memoryLog(),
      seed: config.seed as number,
      signal: new AbortController().signal,
    });
    for (const kind of ['pretrained', 'random-init', 'pixels'])
      for (const split of ['train', 'test'])
        same(join(folder, `features/${kind}/${split}.arrow`), out(`features/data/features/${kind}/${split}.arrow`));
    same(join(folder, 'features.json'), out('features/data/features.json'));
  });

  it('extracts nothing again for other strengths, fractions of the labels, or neighbours', async () => {
    configure({ linearEval: { l2s: [1], labelFractions: [1, 0.5], knn: { k: 2 }, neighbours: { k: 2 } } });
    const cached = ['ingest', 'import-encoder', 'features'].map((id) => `${id} cached`);
    expect(states(await run())).toEqual([...cached, 'linear-eval ran']);
  });

  it('says in one line, before anything runs, that the file cannot be read; another file is another encoder', async () => {
    const failed = async (message: string) => {
      const before = readFileSync(out('import-encoder/run.json'), 'utf8');
      expect((await run(1)).trim()).toMatch(new RegExp(`^${message}[^\n]*$`));
      expect(readFileSync(out('import-encoder/run.json'), 'utf8')).toBe(before);
    };
    const weights = join(toy.root, 'weights');
    configure({ importEncoder: { file: 'weights/gone.pth', size: 16 } });
    await failed(`not runnable yet: import-encoder\\. missing checkpoint: ${weights}/gone\\.pth`);
    writeFileSync(join(weights, 'cut.pth'), readFileSync(checkpoint('resnet18.pth')).subarray(0, 3000));
    configure({ importEncoder: { file: 'weights/cut.pth', size: 16 } });
    await failed('cut off');
    configure({ importEncoder: { file: 'weights/net.pth', size: 16 } });
    copyFileSync(checkpoint('resnet50.safetensors'), join(weights, 'net.pth'));
    const output = await run();
    expect(output).toContain('own data changed: weights/net.pth');
    expect(states(output)).toEqual([
      'ingest cached',
      ...['import-encoder', 'features', 'linear-eval'].map((id) => `${id} ran`),
    ]);
  });
});
