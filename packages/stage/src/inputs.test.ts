import { describe, expect, it } from 'vitest';
import { inputFolder, inputOf, inputsOf, type StageInputs } from './inputs.ts';
import { chooseDataset, plannedDataset, plannedDatasets } from './plan.ts';

const input = (task: string, item = {}) => ({ task, item, folder: `/out/${task}` });
const inputs: StageInputs = {
  encoder: [input('pretrain')],
  results: [input('transfer@cats', { dataset: 'cats' }), input('transfer@dogs', { dataset: 'dogs' })],
};

describe('inputs', () => {
  it('are found by role, with the task and the item that they are of', () => {
    expect(inputFolder(inputs, 'encoder')).toBe('/out/pretrain');
    expect(inputsOf(inputs, 'results').map(({ item }) => item.dataset)).toEqual(['cats', 'dogs']);
    expect(inputsOf(inputs, 'views')).toEqual([]);
  });

  it('that are not there, or several where one is wanted, are a one-line error', () => {
    expect(() => inputOf(inputs, 'views')).toThrow(
      'missing input: views. add a stage that gives it to needs in pipeline.yaml. given: encoder pretrain, results transfer@cats, results transfer@dogs',
    );
    expect(() => inputOf({}, 'views')).toThrow(/ given: none$/);
    expect(() => inputOf(inputs, 'results')).toThrow(
      'too many inputs: results of transfer@cats, transfer@dogs. name one in needs in pipeline.yaml',
    );
  });
});

describe('datasets', () => {
  const shape = [8, 8, 1] as const;
  const planned = (...tasks: string[][]) => ({
    dataset: tasks.map((names, i) => {
      const datasets = Object.fromEntries(names.map((name) => [name, { shape }]));
      return { task: `ingest@${i}`, item: {}, plan: { facts: {}, datasets } };
    }),
  });

  it('of all tasks that ingest are known before they run', () => {
    const found = plannedDatasets(planned(['cats', 'dogs'], ['mice']));
    expect(found.map(({ name, task }) => `${name} ${task}`)).toEqual([
      'cats ingest@0',
      'dogs ingest@0',
      'mice ingest@1',
    ]);
    expect(plannedDataset(planned(['cats']), undefined, 'augment.dataset')).toMatchObject({ name: 'cats', shape });
    expect(plannedDataset({ dataset: [{ ...input('ingest'), plan: { facts: {} } }] }, 'cats', 'x')).toBeUndefined();
  });

  it('are chosen by name, or as the only one', () => {
    const [cats, dogs] = [{ name: 'cats' }, { name: 'dogs' }];
    expect(chooseDataset([cats, dogs], 'dogs', 'augment.dataset')).toBe(dogs);
    expect(chooseDataset([cats], undefined, 'augment.dataset')).toBe(cats);
    expect(() => chooseDataset([cats, dogs], undefined, 'augment.dataset')).toThrow(
      'no dataset chosen: augment.dataset. the stages before write: cats, dogs. name one in the config',
    );
    expect(() => chooseDataset([cats], 'dogs', 'augment.dataset')).toThrow(
      'unknown dataset: dogs. the stages before write: cats. correct augment.dataset in the config',
    );
    expect(() => chooseDataset([], undefined, 'augment.dataset')).toThrow(/ write: none\. /);
  });
});
