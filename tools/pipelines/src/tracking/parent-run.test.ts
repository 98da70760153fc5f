import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { preprocessing, type ResultRow, writeEncoderInfo, writeGraphEncoderInfo } from '@simclr/artifacts';
import { openJournal, readJournal } from '@simclr/mlflow';
import { type Role, writeManifest } from '@simclr/stage';
import { afterEach, expect, it } from 'vitest';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand, type Task } from '../definition/tasks.ts';
import { openWorkspace } from '../definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { type Comparison, comparisonTable } from './comparison.ts';
import { parentJournal } from './journals.ts';
import type { Outcome } from './outcomes.ts';
import { openParentRun } from './parent-run.ts';
import { studyItems } from './study-items.ts';

const yaml = (matrix: string, each: string) => `name: toy
config: configs/toy.json
stages:
  views: { run: '@toy/views', params: [views] }
  train: { run: '@toy/train', params: [train], needs: [views]${matrix} }
  test: { run: '@toy/test', params: [test], needs: [train]${each} }
  page: { run: '@toy/page', params: [page], needs: [test] }
`;
const ROLES: Record<string, Role> = { views: 'views', train: 'encoder', test: 'results' };

let toy: ToyWorkspace;
afterEach(() => toy.remove());

function open(matrix = '', each = '') {
  toy = toyWorkspace(['views', 'train', 'test', 'page'], yaml(matrix, each), {});
  const workspace = openWorkspace(toy.root);
  const pipeline = loadPipeline(workspace, 'toy');
  const tasks = expand(pipeline).map((task) => {
    const needs = task.needs.map((need) => ({ ...need, role: ROLES[need.id.split('@')[0]!]! }));
    return { ...task, needs };
  });
  const gives = ({ stage }: Task) => ROLES[stage];
  const comparison: Comparison = { gives, evaluates: true, items: studyItems(pipeline, tasks, gives) };
  const run = { workspace, pipeline, tasks };
  return {
    run,
    comparison,
    parent: openParentRun(run, comparison, { key: 'p', params: { seed: 0, 'train.lr': 0.1 } }),
  };
}

/** What a task would have published, with a journal of its run. */
function outcome(tasks: Task[], id: string, score = 0): Outcome {
  const task = tasks.find((each) => each.id === id)!;
  const folder = join(toy.root, task.out);
  const journal = join(folder, 'mlflow', id);
  const log = openJournal(journal, { key: id.replace('@', '.'), experiment: 'toy', runName: id, tags: {} });
  if (task.stage === 'views') for (const step of [0, 1]) log.image('views', Buffer.from(`png ${step}`), step);
  if (task.stage === 'train') log.tags({ 'machine.cpu': 'fast' });
  log.end('FINISHED');
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  if (task.stage === 'page') writeFileSync(join(data, 'report.html'), '<p>');
  if (task.stage === 'train')
    writeEncoderInfo(data, {
      architecture: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
      ...{
        inputShape: [8, 8, 1],
        preprocessing: preprocessing([8, 8, 1], 1, 'bicubic'),
        featureDim: 8,
        policy: 'crop',
      },
      ...{ dataset: 'dots', steps: 1, seed: 0, precision: 'fp32' },
    });
  const of = (features: ResultRow['features'], value: number): ResultRow => ({
    ...{ dataset: 'dots', features, protocol: 'linear', labelFraction: 1, draw: 0, trainRows: 1, testRows: 1 },
    ...{ metric: 'top-1', score: value, top1: value, choice: {} },
  });
  const rows = task.stage === 'test' ? [of('pretrained', score), of('pixels', 0.9)] : [];
  const metrics: Record<string, number> = task.stage === 'train' ? { loss: 3 } : {};
  return {
    ...{ task, gives: ROLES[task.stage], key: id, data, digest: `d-${id.replace('@', '.')}`, journal, metrics, rows },
    ...(task.stage === 'train' && { pretrainedOn: 'dots' }),
  };
}

/** What a run's journal has by now: metrics in the order in which they were logged. */
function journalOf(key: string) {
  const entries = [...readJournal(parentJournal(toy.root, 'pipelines/toy', key))];
  const values = (type: 'params' | 'tags' | 'metrics') =>
    Object.assign(
      {},
      ...entries.flatMap((entry) => (entry.type === type && !('model' in entry) ? [entry.values] : [])),
    );
  const [first] = entries;
  return {
    ...{ params: values('params'), tags: values('tags'), metrics: values('metrics') as Record<string, number> },
    kind: first?.type === 'run' && first.tags['simclr.kind'],
    parentKey: first?.type === 'run' ? first.parentKey : undefined,
    images: entries.flatMap((entry) => (entry.type === 'image' ? [entry.step] : [])),
    artifacts: entries.flatMap((entry) => (entry.type === 'artifact' ? [entry.path] : [])),
    ends: entries.flatMap((entry) => (entry.type === 'end' ? [entry.status] : [])),
  };
}

it('a parent has accuracies first and as stages finish, its config, the machine, views and report', () => {
  const { run, parent } = open();
  const of = (id: string, score?: number) => outcome(run.tasks, id, score);
  parent.add([of('views'), of('train')]);
  expect(journalOf('p').metrics).toEqual({});
  parent.add([of('test', 0.75)]);
  expect(journalOf('p').metrics).toEqual({ linear_top1: 0.75 });
  parent.add([of('page')]);
  parent.end('FINISHED', 'said');
  const { metrics, ...rest } = journalOf('p');
  // No baseline, and what else was measured after the accuracies.
  expect(Object.entries(metrics)).toEqual([
    ['linear_top1', 0.75],
    ['train/loss', 3],
  ]);
  expect(rest).toEqual({
    params: { seed: '0', 'train.lr': '0.1' },
    tags: { 'machine.cpu': 'fast', 'mlflow.note.content': 'said' },
    kind: 'pipeline',
    parentKey: undefined,
    images: [0, 1],
    artifacts: ['views.png', 'report.html'],
    ends: ['FINISHED'],
  });
});

/** Models that a run's journal has, each with its metrics. */
function modelsOf(key: string) {
  const entries = [...readJournal(parentJournal(toy.root, 'pipelines/toy', key))];
  return entries.flatMap((entry) => {
    if (entry.type !== 'model') return [];
    const own = entries.flatMap((each) => (each.type === 'metrics' && each.model === entry.key ? [each.values] : []));
    const { time: _, ...model } = entry;
    return [{ ...model, metrics: Object.assign({}, ...own) }];
  });
}

it('the encoder is a model of the run, known by its digest, with its accuracies; its files are linked', () => {
  const { run, parent } = open();
  const outcomes = ['views', 'train', 'test'].map((id) => outcome(run.tasks, id, 0.75));
  parent.add(outcomes);
  parent.end('FINISHED', '');
  const [model, ...others] = modelsOf('p');
  expect(others).toEqual([]);
  expect(model).toMatchObject({
    ...{ key: 'd-train', name: 'train', modelType: 'encoder', files: ['encoder.json'] },
    params: { 'architecture.depth': '10', featureDim: '8', dataset: 'dots' },
    tags: { 'simclr.made_by': 'train' },
    metrics: { linear_top1: 0.75 },
  });
  const kept = join(parentJournal(toy.root, 'pipelines/toy', 'p'), 'models/d-train/encoder.json');
  expect(statSync(kept).ino).toBe(statSync(join(outcomes[1]!.data, 'encoder.json')).ino);
});

it('a graph is a model with all of its files: of a folder, and those beside it', () => {
  const { run, parent } = open();
  const outcomes = ['views', 'train', 'test'].map((id) => outcome(run.tasks, id, 0.75));
  const { data } = outcomes[1]!;
  writeGraphEncoderInfo(data, {
    format: 'saved-model',
    ...{ inputShape: [8, 8, 1], preprocessing: preprocessing([8, 8, 1], 1, 'bicubic'), featureDim: 8 },
    ...{ policy: 'imported', dataset: 'dots', steps: 0, seed: 0, precision: 'fp32', file: 'saved_model' },
    ...{ parameters: 1, flops: null, input: { name: 'x', batch: null }, output: { name: 'y', pool: [] } },
  });
  mkdirSync(join(data, 'saved_model/variables'), { recursive: true });
  writeFileSync(join(data, 'saved_model/saved_model.pb'), 'graph');
  writeFileSync(join(data, 'saved_model/variables/variables.index'), 'index');
  writeManifest(data);
  parent.add(outcomes);
  parent.end('FINISHED', '');
  expect(modelsOf('p')[0]).toMatchObject({
    files: ['encoder.json', 'saved_model/saved_model.pb', 'saved_model/variables/variables.index'],
  });
});

it('a stage that is made anew in a run that goes on has the new result', () => {
  const { run, comparison, parent } = open();
  const first = ['views', 'train', 'test'].map((id) => outcome(run.tasks, id, 0.5));
  parent.add(first);
  parent.end('FAILED', '');
  const again = openParentRun(run, comparison, { key: 'p', params: {} });
  again.add([...first.slice(0, 2), { ...first[2]!, key: 'new', rows: outcome(run.tasks, 'test', 0.6).rows }]);
  again.end('FINISHED', '');
  expect(journalOf('p').metrics.linear_top1).toBe(0.6);
  expect(journalOf('p').ends).toEqual(['FAILED', 'FINISHED']);
});

it('an item of a study has its values and its accuracy in one run, its seeds below it', () => {
  const { run, comparison, parent } = open(', matrix: { value: [1, 2], seed: [0, 1] }', ', each: train');
  parent.add([outcome(run.tasks, 'views')], ['train@1-0']);
  // The stage that is at work finds the run that it is shown below.
  expect(journalOf('p.1-0')).toMatchObject({
    kind: 'seed',
    parentKey: 'p.1',
    params: { 'matrix.value': '1' },
    ends: [],
  });
  const score = { '1-0': 0.5, '1-1': 0.7, '2-0': 0.25, '2-1': 0.25 };
  const outcomes = run.tasks
    .filter(({ stage }) => stage !== 'page')
    .map(({ id }) => outcome(run.tasks, id, score[id.split('@')[1] as keyof typeof score]));
  parent.add(outcomes);
  parent.end('FINISHED', '');
  const item = journalOf('p.1');
  expect(item).toMatchObject({ kind: 'item', parentKey: 'p', ends: ['FINISHED'] });
  expect(item.params).toEqual({ 'matrix.value': '1', 'train.value': '1' });
  expect(item.metrics.linear_top1).toBeCloseTo(0.6);
  expect(item.metrics.linear_top1_standard_error).toBeCloseTo(0.1);
  expect(journalOf('p.1-1')).toMatchObject({
    params: { 'matrix.value': '1', 'matrix.seed': '1', 'train.value': '1', 'train.seed': '1' },
    metrics: { linear_top1: 0.7, 'train/loss': 3 },
    ends: ['FINISHED'],
  });
  expect(modelsOf('p.1-1')).toMatchObject([{ key: 'd-train.1-1', metrics: { linear_top1: 0.7 } }]);
  expect([...modelsOf('p.1'), ...modelsOf('p')]).toEqual([]);
  expect(journalOf('p').metrics).toEqual({ best_linear_top1: item.metrics.linear_top1 });
  expect(comparisonTable(run, comparison, outcomes)).toEqual([
    ['%', 'linear_top1'],
    ['1', '60.0 ± 10.0'],
    ['2', '25.0 ± 0.0'],
  ]);
});

it('a study that is interrupted leaves no run open, and nothing that is not so', () => {
  const { run, parent } = open(', matrix: { value: [1, 2] }', ', each: train');
  parent.add(
    ['views', 'train@1', 'test@1'].map((id) => outcome(run.tasks, id, 0.5)),
    ['train@2'],
  );
  parent.end('KILLED', '');
  expect(['p.1', 'p.2', 'p'].map((key) => journalOf(key).ends)).toEqual([['FINISHED'], ['KILLED'], ['KILLED']]);
});
