import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import { openWorkspace } from '../definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { itemParams, parentMetric, runName } from './mlflow-names.ts';

const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [data], matrix: { value: [32, 128] } }
  b: { run: '@toy/b', params: [training], needs: [a], matrix: { any.loss: { soft: { kind: x, rate: 0.5 } } } }
  c: { run: '@toy/c', params: [probe], needs: [a, b], each: [a, b], matrix: { steps: [3] } }
`;
let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a', 'b', 'c'], yaml, {});
});
afterEach(() => toy.remove());

it("an item's run has the values of its matrix and of those that it follows, in its params and its name", () => {
  const tasks = new Map(expand(loadPipeline(openWorkspace(toy.root), 'toy')).map((task) => [task.id, task]));
  expect(itemParams(tasks.get('c@32-soft-3')!)).toEqual({
    'matrix.value': '32',
    'matrix.any.loss': 'soft',
    'matrix.steps': '3',
    'data.value': 32,
    'training.any.loss.kind': 'x',
    'training.any.loss.rate': 0.5,
    'probe.steps': 3,
  });
  expect(runName(tasks.get('c@32-soft-3')!)).toBe('c@32-soft-3 (value=32, any.loss=soft, steps=3)');
  expect(itemParams(tasks.get('b@soft')!)).toMatchObject({ 'training.any.loss.rate': 0.5 });
  expect([itemParams({ item: {}, parameters: {} }), runName({ id: 'a', item: {} })]).toEqual([{}, 'a']);
});

it('a metric has the name of its task in the parent run, and that of its item once', () => {
  expect(parentMetric('pretrain', 'contrast_loss')).toBe('pretrain/contrast_loss');
  expect(parentMetric('linear-eval@small', 'linear/pixels/a')).toBe('linear-eval/small/linear/pixels/a');
  expect(parentMetric('transfer@digits', 'digits/pixels/a')).toBe('transfer/digits/pixels/a');
  expect(parentMetric('transfer@digits', 'digits-5pct/pixels/a')).toBe('transfer/digits-5pct/pixels/a');
  expect(parentMetric('transfer@dig', 'digits/pixels/a')).toBe('transfer/dig/digits/pixels/a');
});
