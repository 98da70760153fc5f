import type { Role } from '@simclr/stage';
import { expect, it } from 'vitest';
import { givenBy } from '../definition/contract.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import { findRoot, openWorkspace } from '../definition/workspace.ts';
import { toyWorkspace } from '../testing/toy-workspace.ts';
import { studyParams } from './mlflow-names.ts';
import { itemOf, studyItems } from './study-items.ts';

const ours = openWorkspace(findRoot(import.meta.dirname));
function itemsOf(name: string) {
  const pipeline = loadPipeline(ours, name);
  return studyItems(pipeline, expand(pipeline), ({ spec }) => givenBy(ours, spec.run));
}

it('a pipeline whose matrix is of datasets compares nothing; encoders on many datasets are items', () => {
  expect(itemsOf('quickstart')).toEqual([]);
  for (const { name, tasks } of itemsOf('transfer-suite')) {
    expect(tasks.map(({ stage }) => stage)).toContain('transfer');
    expect(name).not.toMatch(/cars|cifar/);
  }
});

it('an item has the tasks that are its own, and its values alone as params', () => {
  const items = itemsOf('study-colour');
  expect(items).toHaveLength(10);
  const [first] = items;
  expect([first!.name, first!.group]).toEqual(['s0.125-simclr', undefined]);
  expect(first!.tasks.map(({ id }) => id.split('@')[0])).toEqual(['pretrain', 'features', 'linear-eval']);
  // What several items share is none's.
  expect(itemOf(items, 'augment@s0.125')).toBeUndefined();
  expect(itemOf(items, 'linear-eval@s0.125-simclr')).toBe(first);
  expect(studyParams(first!)).toEqual({
    'matrix.policy': 's0.125',
    'matrix.objective': 'simclr',
    'augment.policy': 'crop(to=24)|flip|jitter(0.125)|grayscale',
    'pretrain.objective.kind': 'nt_xent',
    'pretrain.objective.temperature': 0.2,
  });
});

it('seeds are repetitions of an item; seeds alone, of the pipeline', async () => {
  const of = async (more: string) => {
    const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], ${more} }
  b: { run: '@toy/b', params: [b], needs: [a], each: a }
`;
    const toy = toyWorkspace(['a', 'b'], yaml, {});
    try {
      const pipeline = loadPipeline(openWorkspace(toy.root), 'toy');
      const roles: Record<string, Role> = { a: 'encoder', b: 'results' };
      return studyItems(pipeline, expand(pipeline), ({ stage }) => roles[stage]).map(({ name, group }) => [
        name,
        group,
      ]);
    } finally {
      await toy.remove();
    }
  };
  expect(await of('matrix: { value: [1, 2], seed: [0, 1] }')).toEqual([
    ['1-0', '1'],
    ['1-1', '1'],
    ['2-0', '2'],
    ['2-1', '2'],
  ]);
  expect(await of('seeds: 2')).toEqual([
    ['0', ''],
    ['1', ''],
  ]);
});
