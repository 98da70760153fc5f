import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findRoot, openWorkspace } from '../definition/workspace.ts';
import { createSession, removeSession } from '../launch/session.ts';
import { copyPackages } from '../testing/real-workspace.ts';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { setValues } from './set-values.ts';

const PIPELINE = readFileSync(join(findRoot(import.meta.dirname), 'pipelines/quickstart/pipeline.yaml'), 'utf8');
const CONFIG = readFileSync(join(findRoot(import.meta.dirname), 'configs/quickstart.json'), 'utf8');

let toy: ToyWorkspace;
const text = () => readFileSync(join(toy.root, 'configs/toy.json'), 'utf8');
const config = () => JSON.parse(text()) as Record<string, Record<string, unknown>>;
const set = (...given: string[]) => setValues(openWorkspace(toy.root), 'toy', given);

beforeAll(() => {
  toy = toyWorkspace([], PIPELINE.replace('name: quickstart', 'name: toy').replace('quickstart.json', 'toy.json'), {});
  copyPackages(toy.root);
});
beforeEach(() => toy.write('configs/toy.json', CONFIG));
afterAll(() => toy.remove());

describe('setValues', () => {
  it('writes values at their keys, says what changed, and leaves the rest of the text', async () => {
    expect(await set('pretrain.epochs=5', 'seed=3')).toEqual([
      'configs/toy.json: seed changed: 0 → 3',
      'configs/toy.json: pretrain.epochs changed: 3.2 → 5',
    ]);
    expect(text()).toBe(CONFIG.replace('"epochs": 3.2', '"epochs": 5').replace('"seed": 0', '"seed": 3'));
  });

  it.each<[string, (file: ReturnType<typeof config>) => unknown, unknown]>([
    ['pretrain.optimizer.weightDecay=1e-6', ({ pretrain }) => pretrain!.optimizer, { name: 'sgd', weightDecay: 1e-6 }],
    [
      'pretrain.optimizer.momentum=0.8',
      ({ pretrain }) => pretrain!.optimizer,
      { name: 'sgd', weightDecay: 1e-4, momentum: 0.8 },
    ],
    ['pretrain.checkpointSeconds=30', ({ pretrain }) => pretrain!.checkpointSeconds, 30],
    ['linearEval.l2s=[1, 2]', ({ linearEval }) => linearEval!.l2s, [1, 2]],
    ['augment.policy=crop|flip', ({ augment }) => augment!.policy, 'crop|flip'],
    ['report.title=2024', ({ report }) => report!.title, '2024'],
    ['report.title=a = b', ({ report }) => report!.title, 'a = b'],
  ])('%s', async (given, of, value) => {
    await set(given);
    expect(of(config())).toEqual(value);
  });

  it('takes values that go together only', async () => {
    const objective = ['pretrain.objective.kind=nt_logistic', 'pretrain.objective.semiHard=true'];
    await expect(set(objective[1]!)).rejects.toThrow('unknown config key: pretrain.objective.semiHard');
    await set(...objective.toReversed());
    expect(config().pretrain!.objective).toEqual({ temperature: 0.2, kind: 'nt_logistic', semiHard: true });
  });

  it('says nothing and writes nothing where the value is there', async () => {
    expect(await set('pretrain.epochs=3.2')).toEqual([]);
    expect(text()).toBe(CONFIG);
  });

  it.each([
    [
      'pretrain.epohcs=5',
      /^unknown config key: pretrain\.epohcs\. nearest: pretrain\.epochs\. allowed in pretrain: .*batch, /,
    ],
    ['pretrian.epochs=5', /^unknown config key: pretrian\.epochs\. nearest: pretrain\.epochs\. allowed: augment, /],
    ['pretrain.optimizer.momentun=1', /nearest: pretrain\.optimizer\.momentum\. allowed in pretrain\.optimizer: /],
    ['pretrain.epochs=many', /^invalid config value: pretrain\.epochs = "many"\. expected number/],
    ['pretrain.epochs=-1', /^invalid config value: pretrain\.epochs = -1\./],
    ['pretrain.batch=', /^invalid config value: pretrain\.batch = ""\. /],
    ['ingest.dataset=digits', /^set by a matrix: ingest\.dataset\. change it in pipelines\/toy\/pipeline\.yaml$/],
    ['seed=x', /^invalid config value: seed = x\. expected an integer$/],
    ['epochs', /^invalid --set: epochs\. expected/],
    ['=5', /^invalid --set: =5\. expected/],
  ])('%s is refused in a line, and nothing is written', async (given, message) => {
    await expect(set('report.title=x', given)).rejects.toThrow(message);
    await expect(set(given)).rejects.toThrow(/^.+$/);
    expect(text()).toBe(CONFIG);
  });

  it.each([
    [
      'augment.policy=crop(area=0.5..2)',
      `invalid config value: augment.policy = "crop(area=0.5..2)". out of range: '2' at 15. allowed: 0.001..1`,
    ],
    ['augment.policy=crap', `invalid config value: augment.policy = "crap". unknown operation: 'crap' at 0. allowed: `],
    ['pretrain.batch=100000', 'batch too large: pretrain.batch is 100000, and fashion-mnist/train has 60000 images. '],
    ['augment.dataset=cifar10', 'unknown dataset: cifar10. the stages before write: fashion-mnist. '],
  ])('%s, which a plan refuses, is refused before anything is written', async (given, message) => {
    await expect(set('report.title=x', given)).rejects.toThrow(message);
    await expect(set(given)).rejects.toThrow(/^.+$/);
    expect(text()).toBe(CONFIG);
  });

  it('tells of a mistake that is in the file already, with the file', async () => {
    const broken = CONFIG.replace(/"policy": "[^"]*"/, '"policy": "crop(area=0.5..2)"');
    toy.write('configs/toy.json', broken);
    await expect(set('seed=3')).rejects.toThrow(
      /^invalid config value: augment\.policy = .*\. correct configs\/toy\.json$/,
    );
    expect(text()).toBe(broken);
    await set('augment.policy=crop|flip', 'seed=3');
    expect(config().augment!.policy).toBe('crop|flip');
  });

  it('refuses what stages could not run with, but not for what was missing before', async () => {
    toy.write(
      'pipelines/other/pipeline.yaml',
      `name: other
config: configs/other.json
stages:
  import-encoder: { run: '@simclr/import-encoder', params: [importEncoder] }
`,
    );
    toy.write('configs/other.json', { seed: 0, importEncoder: { file: 'gone.pth' } });
    const other = (...given: string[]) => setValues(openWorkspace(toy.root), 'other', given);
    await expect(other('importEncoder.file=lost.pth')).rejects.toThrow(
      /^not runnable yet: import-encoder\. missing checkpoint: \S+lost\.pth$/,
    );
    expect(await other('seed=1')).toEqual(['configs/other.json: seed changed: 0 → 1']);
  });

  it('refuses stages that are not there before anything is written', async () => {
    const wrong = setValues(openWorkspace(toy.root), 'toy', ['seed=3'], ['pretrian']);
    await expect(wrong).rejects.toThrow('unknown stage: pretrian. ');
    expect(text()).toBe(CONFIG);
  });

  it('does not change the config of a run that is under way', async () => {
    const session = createSession(join(toy.root, 'pipelines/toy/out'), 'run', {});
    await expect(set('pretrain.epochs=5')).rejects.toThrow('under way: a run of toy');
    removeSession(session);
    expect(text()).toBe(CONFIG);
  });
});
