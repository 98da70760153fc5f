import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { taskKeys } from '../inputs/keys.ts';
import { runPipeline } from '../run/run-pipeline.ts';
import { type ToyWorkspace, toyPackage, toyWorkspace } from '../testing/toy-workspace.ts';
import { loadConfigFile } from './config-file.ts';
import { dryRun } from './dry-run.ts';
import { loadExpected } from './expected.ts';
import { loadPipeline, pipelineNames } from './pipeline.ts';
import type { Stages } from './stage-spec.ts';
import { expand } from './tasks.ts';
import { findRoot, openWorkspace } from './workspace.ts';

const ours = openWorkspace(findRoot(import.meta.dirname));
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
  c: { run: '@toy/b', params: [c], needs: [b] }
`;

/** Adds up values; cannot do with one that is negative. */
const plan = `export default function plan({ value }, inputs) {
  const before = (inputs.dataset ?? []).map(({ task, plan }) => task + ' ' + plan.facts.value);
  return {
    facts: { value, ...(before.length && { before: before.join() }) },
    missing: value < 0 ? 'a root of ' + value : undefined,
  };
}
`;
const planned = `import { defineStage, z } from '@simclr/stage';
export default defineStage({
  name: 'toy',
  config: z.strictObject({ value: z.number().default(1) }),
  async run() {
    throw new Error('must not run');
  },
});
`;

let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a', 'b'], yaml, { seed: 0, a: { value: 1234 }, b: { value: 0.123456 }, c: {} });
  for (const letter of ['a', 'b']) {
    toy.write(`packages/${letter}/package.json`, toyPackage(letter, {}, { './plan': './src/plan.ts' }));
    toy.write(`packages/${letter}/src/stage.ts`, planned);
    toy.write(`packages/${letter}/src/plan.ts`, plan);
  }
});
afterEach(() => toy.remove());

const dry = async (...stages: string[]) => (await dryRun(openWorkspace(toy.root), 'toy', stages)).text;

describe('dryRun', () => {
  it('says what each stage says of itself, with what the stages before said, and what is expected', async () => {
    toy.write('pipelines/toy/expected.json', [{ stage: 'b', what: 'accuracy, %', value: 91.5, source: 'a paper' }]);
    const present = () => ['', 'pipelines/toy', 'packages/a'].map((folder) => readdirSync(join(toy.root, folder)));
    const before = present();
    expect(await dry()).toBe(`toy: configs/toy.json is valid. nothing was started

a
  value  1,234

b
  value     0.1235
  before    a 1234
  expected  91.5: accuracy, % (a paper)

c
  value   1
  before  b 0.123456
`);
    expect(present()).toEqual(before);
  });

  it('a mistake in a value of a matrix is one of pipeline.yaml', async () => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('params: [a] }', 'params: [a], matrix: { value: [1, x] } }'));
    await expect(dry()).rejects.toThrow(
      /^invalid config value: a\.value = "x"\. .* correct pipelines\/toy\/pipeline\.yaml$/,
    );
    toy.write(
      'pipelines/toy/pipeline.yaml',
      yaml.replace('params: [a] }', 'params: [a], matrix: { value: [1, -2] } }'),
    );
    await expect(runPipeline(openWorkspace(toy.root), 'toy', [])).rejects.toThrow(
      /^not runnable yet: a@-2\. .* change configs\/toy\.json or pipelines\/toy\/pipeline\.yaml; /,
    );
  });

  it('a stage that cannot run says so, and so do those that need it', async () => {
    toy.write('configs/toy.json', { seed: 0, a: {}, b: { value: -1 }, c: { value: -2 } });
    const text = await dry();
    expect(text).toMatch(/^a\n {2}value {2}1\n$/m);
    expect(text).toMatch(/^ {2}not runnable yet {2}a root of -1$/m);
    expect(text).toMatch(/^ {2}not runnable yet {2}a root of -2; needs b$/m);
  });

  it('tells of all mistakes at once, and not of what follows from them', async () => {
    toy.write('configs/toy.json', { seed: 0.5, a: { valu: 1 }, b: {}, d: {} });
    const all = [
      'unknown config key: d. allowed: a, b, c, seed. correct configs/toy.json',
      'missing config section: c. write "c": {} for its defaults. correct configs/toy.json',
      'invalid config value: seed = 0.5. expected an integer. correct configs/toy.json',
      'unknown config key: a.valu. allowed: value. correct configs/toy.json',
    ].join('\n');
    await expect(dry()).rejects.toThrow(new UserError(all));
    await expect(runPipeline(openWorkspace(toy.root), 'toy', [])).rejects.toThrow(new UserError(all));
    toy.write('configs/toy.json', { seed: 0, a: { valu: 1 }, b: {}, c: { value: 'x', more: 1 } });
    const error = await dry().catch((thrown: Error) => thrown.message);
    expect(String(error).split('\n')).toEqual([
      expect.stringMatching(/^unknown config key: a\.valu\. /),
      expect.stringMatching(/^invalid config value: c\.value = "x"\. /),
      expect.stringMatching(/^unknown config key: c\.more\. /),
    ]);
  });

  it.each(['null', '3', '[]', '"text"'])('refuses a config that is %s', async (text) => {
    toy.write('configs/toy.json', text);
    await expect(dry()).rejects.toThrow('invalid config: configs/toy.json. expected an object: { "seed": 0, … }');
  });

  it('names the file that has the value which a stage finds wrong', async () => {
    const picky = plan.replace(
      'inputs) {',
      '$& if (value === 7) throw new UserError(`invalid config value: a.value = 7. correct the config`);',
    );
    toy.write('packages/a/src/plan.ts', `import { UserError } from '@simclr/stage';\n${picky}`);
    toy.write('configs/toy.json', { seed: 0, a: { value: 7 }, b: {}, c: {} });
    await expect(dry()).rejects.toThrow(/^invalid config value: a\.value = 7\. correct configs\/toy\.json$/);
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('params: [a] }', 'params: [a], matrix: { value: [1, 7] } }'));
    await expect(dry()).rejects.toThrow(
      /^invalid config value: a\.value = 7\. correct pipelines\/toy\/pipeline\.yaml$/,
    );
  });

  it('tells what a stage finds wrong though one that it needs has a mistake', async () => {
    const picky = plan.replace('inputs) {', '$& if (value === 7) throw new UserError("no sevens");');
    toy.write('packages/b/src/plan.ts', `import { UserError } from '@simclr/stage';\n${picky}`);
    toy.write('configs/toy.json', { seed: 0, a: { valu: 1 }, b: { value: 7 }, c: {} });
    await expect(dry()).rejects.toThrow(/^unknown config key: a\.valu\. [^\n]*\nno sevens$/);
    // And of what is missing, whether the mistake is in a section or in which sections there are.
    const missing = 'not runnable yet: c. a root of -1. change configs/toy.json; ';
    toy.write('configs/toy.json', { seed: 0, a: {}, b: { value: 7 }, c: { value: -1 } });
    await expect(dry()).rejects.toThrow(`no sevens\n${missing}`);
    toy.write('configs/toy.json', { seed: 0, a: {}, b: { value: 7 }, c: { value: -1 }, d: {} });
    await expect(dry()).rejects.toThrow(new RegExp(`^unknown config key: d\\. .*\nno sevens\n${missing}`));
  });

  it('tells of one stage and what it needs, and checks all', async () => {
    expect((await dry('b')).match(/^\w$/gm)).toEqual(['a', 'b']);
    await expect(dry('z')).rejects.toThrow('unknown stage: z. must be one of: a, b, c');
    toy.write('configs/toy.json', { seed: 0, a: {}, b: {}, c: { valu: 1 } });
    await expect(dry('b')).rejects.toThrow('unknown config key: c.valu. allowed: value. correct configs/toy.json');
  });

  it.each([
    [
      [{ stage: 'b', value: 1, source: 'y' }],
      /^invalid config value: expected\[0\]\.what = nothing\..* correct pipelines\/toy\/expected\.json$/,
    ],
    [
      [{ stage: 'z', what: 'x', value: 1, source: 'y' }],
      'unknown stage: z. must be one of: a, b, c. correct pipelines/toy/expected.json',
    ],
    ['[1', /^invalid json: /],
  ])('refuses expected results %j in one line', async (json, message) => {
    toy.write('pipelines/toy/expected.json', json);
    await expect(dry()).rejects.toThrow(message);
  });
});

describe('runPipeline', () => {
  const present = () => ['', 'pipelines/toy', 'packages/a'].map((folder) => readdirSync(join(toy.root, folder)));

  it('refuses what a dry run calls impossible, before anything starts', async () => {
    toy.write('configs/toy.json', { seed: 0, a: {}, b: { value: -1 }, c: { value: -2 } });
    const before = present();
    const line = (stage: string, root: number) =>
      `not runnable yet: ${stage}. a root of ${root}. change configs/toy.json; npm run pipeline -- dry-run toy tells of every stage`;
    for (const stages of [[], ['b'], ['c']]) {
      const lines = [line('b', -1), ...(stages[0] === 'b' ? [] : [line('c', -2)])];
      await expect(runPipeline(openWorkspace(toy.root), 'toy', stages)).rejects.toEqual(
        new UserError(lines.join('\n')),
      );
    }
    expect(present()).toEqual(before);
  });

  it('says in the same words as a dry run that there is no such stage', async () => {
    const message = 'unknown stage: z. must be one of: a, b, c';
    for (const call of [dryRun, runPipeline])
      await expect(call(openWorkspace(toy.root), 'toy', ['z'])).rejects.toThrow(message);
  });
});

describe('our pipelines', () => {
  // A study has the paper's numbers in its report instead.
  it.each(pipelineNames(ours.root))('%s: the README has the expected numbers and their sources', (name) => {
    const pipeline = loadPipeline(ours, name);
    const readme = readFileSync(join(ours.root, pipeline.dir, 'README.md'), 'utf8');
    const expected = loadExpected(ours.root, pipeline);
    if (['quickstart', 'cifar10', 'imagenet'].includes(name)) expect(expected.length).toBeGreaterThan(0);
    for (const { value } of expected) expect(readme).toContain(String(value));
  });

  it('cifar10: the numbers of the reference', async () => {
    const { text, runnable } = await dryRun(ours, 'cifar10');
    expect(runnable).toBe(true);
    for (const line of [
      / images +50,000$/m,
      / steps +97,657$/m,
      / peak learning rate +2$/m,
      / warmup steps +976$/m,
      / parameters +11\.17 M in the encoder, 0\.592 M in the head$/m,
      / expected +91: CIFAR-10, linear evaluation, test top-1 accuracy, % \(README of google-research\/simclr/m,
    ])
      expect(text).toMatch(line);
    expect(text).not.toContain('not runnable');
  });

  it('imagenet: the numbers of the reference, and what it takes', async () => {
    const { text, runnable } = await dryRun(ours, 'imagenet');
    expect(runnable).toBe(existsSync('/data/imagenet'));
    for (const line of [
      / images +1,281,167$/m,
      / batch +4,096 in chunks of 32$/m,
      / steps +31,279$/m,
      / peak learning rate +4\.8$/m,
      / warmup steps +3,127$/m,
      / expected +64\.6: ImageNet/m,
      / memory, bf16 +6\.99 GB, /m,
      / views in memory +14\.8 GB$/m,
    ])
      expect(text).toMatch(line);
    if (!runnable) expect(text).toMatch(/^ {2}not runnable yet +missing folder or archive: \/data\/imagenet$/m);
  });

  it('one more dataset to transfer to concerns its own tasks and the report', async () => {
    const keysOf = (change: (stages: Stages) => void) => {
      const pipeline = loadPipeline(ours, 'quickstart');
      change(pipeline.stages);
      const config = loadConfigFile(ours.root, pipeline);
      return new Map(expand(pipeline).map((task) => [task.id, taskKeys(ours, config, task).task]));
    };
    const before = keysOf(() => {});
    const after = keysOf(({ ingest, transfer }) => {
      ingest!.matrix!.dataset!.push({ name: 'cifar10', value: 'cifar10' });
      transfer!.needs[0]!.items!.push('cifar10');
    });
    const others = [...after].filter(([id, key]) => before.get(id) !== key).map(([id]) => id);
    expect(others).toEqual(['ingest@cifar10', 'features@cifar10', 'transfer@cifar10', 'report']);
    expect([...before.keys()].every((id) => after.has(id))).toBe(true);
  });

  it('loads no TensorFlow', () => {
    // What loads it refuses this device.
    const env = { ...process.env, TFJS_DEVICE: 'none' };
    const main = join(ours.root, 'tools/pipelines/src/main.ts');
    const said = execFileSync(process.execPath, [main, 'dry-run', 'quickstart'], {
      cwd: ours.root,
      env,
      encoding: 'utf8',
    });
    expect(said).toMatch(/^ {2}steps +3,001$/m);
    const wrong = spawnSync(process.execPath, [main, 'dry-run', 'tpy'], { cwd: ours.root, env, encoding: 'utf8' });
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/^unknown pipeline: tpy\. .*\n$/)]);
  });
});
