import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ToyWorkspace, toyPackage, toyWorkspace } from '../testing/toy-workspace.ts';
import { loadPipeline } from './pipeline.ts';
import { expand } from './tasks.ts';
import { openWorkspace } from './workspace.ts';

const contracts = {
  data: { gives: 'dataset' },
  view: { gives: 'views', takes: { dataset: 'one' } },
  net: { gives: 'encoder', takes: { dataset: 'one', views: 'one' } },
  probe: { gives: 'results', takes: { dataset: 'optional', encoder: 'optional', features: 'optional' } },
  table: { gives: 'features', takes: { dataset: 'one' } },
  score: { takes: { features: 'one' }, or: { raw: { dataset: 'one', encoder: 'one' } } },
  page: { takes: { dataset: 'any', encoder: 'some', results: 'some' } },
};
const stages = {
  data: 'matrix: { dataset: [cats, dogs] }',
  view: 'needs: [data@cats]',
  net: 'needs: [data@cats, view]',
  probe: 'needs: { encoder: net, dataset: data@dogs }',
  page: 'needs: [net, probe]',
};
let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(Object.keys(contracts), '', {});
  for (const [name, stage] of Object.entries(contracts))
    toy.write(`packages/${name}/package.json`, { ...toyPackage(name), stage });
});
afterEach(() => toy.remove());

/** The needs of every task, of these stages and all the others as above. */
function needsOf(changes: Partial<Record<keyof typeof contracts, string>> = {}) {
  return Object.fromEntries(
    tasksOf(changes).map(({ id, needs }) => [id, needs.map((need) => `${need.role} ${need.id}`)]),
  );
}

function tasksOf(changes: Partial<Record<keyof typeof contracts, string>>) {
  const lines = Object.entries({ ...stages, ...changes }).map(([id, rest]) => {
    return `  ${id}: { run: '@toy/${id}', params: [${id}], ${rest} }\n`;
  });
  toy.write('pipelines/toy/pipeline.yaml', `name: toy\nconfig: configs/toy.json\nstages:\n${lines.join('')}`);
  return expand(loadPipeline(openWorkspace(toy.root), 'toy'));
}

describe('needs', () => {
  it('have the role of what the needed stage gives, in the short list and by role', () => {
    expect(needsOf()).toEqual({
      'data@cats': [],
      'data@dogs': [],
      view: ['dataset data@cats'],
      net: ['dataset data@cats', 'views view'],
      probe: ['encoder net', 'dataset data@dogs'],
      page: ['encoder net', 'results probe'],
    });
    expect(needsOf({ net: 'needs: { dataset: data@cats, views: [view] }' }).net).toEqual([
      'dataset data@cats',
      'views view',
    ]);
    expect(needsOf({ page: 'needs: { dataset: [data@dogs, data@cats], encoder: net, results: probe }' }).page).toEqual([
      'dataset data@cats',
      'dataset data@dogs',
      'encoder net',
      'results probe',
    ]);
  });

  it('that are optional may be left out', () => {
    expect(needsOf({ probe: 'needs: [net]' }).probe).toEqual(['encoder net']);
    expect(needsOf({ page: 'needs: [net, probe, data]' }).page).toHaveLength(4);
  });

  it('of one item are the same for all items, whatever keys both have', () => {
    const needs = needsOf({
      view: 'needs: [data], each: data',
      net: 'needs: [data, view], each: view',
      probe: 'needs: [net, data@dogs], each: net',
    });
    expect(needs['net@cats']).toEqual(['dataset data@cats', 'views view@cats']);
    expect(needs['probe@cats']).toEqual(['encoder net@cats', 'dataset data@dogs']);
    expect(needs['probe@dogs']).toEqual(['encoder net@dogs', 'dataset data@dogs']);
  });

  it('choose what of the package runs, where it can be wired in more than one way', () => {
    const folderOf = (changes: Parameters<typeof tasksOf>[0]) =>
      tasksOf({ table: 'needs: [data@cats]', ...changes }).find(({ id }) => id === 'score')?.spec.folder;
    expect(folderOf({ score: 'needs: [table]' })).toBe('.');
    expect(folderOf({ score: 'needs: [data@dogs, net]' })).toBe('./raw');
    expect(folderOf({ score: 'needs: { encoder: net, dataset: data@dogs }' })).toBe('./raw');
  });

  it.each<[string, Partial<Record<keyof typeof contracts, string>>, string]>([
    [
      'two wirings at once',
      { table: 'needs: [data@cats]', score: 'needs: [table, data@cats, net]' },
      'unused input: dataset, encoder of score, which reads features. take it out of score.needs',
    ],
    [
      'none of two wirings',
      { score: 'needs: []' },
      'missing input: score needs features, or dataset and encoder. add a stage that gives it to score.needs: none here; or data and net. correct ',
    ],
    [
      'a part of a wiring',
      { score: 'needs: [data@cats]' },
      'missing input: score needs encoder, or features instead of dataset. add a stage that gives it to score.needs: net; or none here. correct ',
    ],
    [
      'several of what one wiring takes once',
      { score: 'needs: [data, net]' },
      'too many inputs: score takes one dataset, and needs data@cats, data@dogs',
    ],
    [
      'a stage that gives something else',
      { net: 'needs: [data@cats, probe]', probe: 'needs: []' },
      'wrong kind: net.needs = probe, which gives results. net takes: dataset, views',
    ],
    [
      'another kind than the role',
      { probe: 'needs: { encoder: view }' },
      'wrong kind: probe.needs.encoder = view, which gives views. expected encoder',
    ],
    [
      'a stage that gives nothing',
      { page: 'needs: [net, probe]', probe: 'needs: [page]' },
      'wrong kind: probe.needs = page, which gives nothing. expected dataset, encoder, features',
    ],
    [
      'an unknown role',
      { probe: 'needs: { encodr: net }' },
      'unknown role: probe.needs.encodr. probe takes: dataset, encoder, features',
    ],
    [
      'a role by the name of what every object has',
      { probe: 'needs: { constructor: net }' },
      'unknown role: probe.needs.constructor. probe takes: dataset, encoder, features',
    ],
    [
      'a role that the stage does not take',
      { view: 'needs: { dataset: data@cats, views: view }' },
      'unknown role: view.needs.views. view takes: dataset',
    ],
    [
      'a missing role',
      { net: 'needs: [data@cats]' },
      'missing input: net needs views. add a stage that gives it to net.needs: view',
    ],
    [
      'no needs at all',
      { page: 'needs: []' },
      'missing input: page needs encoder. add a stage that gives it to page.needs: net',
    ],
    [
      'several of what is taken once',
      { view: 'needs: [data]' },
      'too many inputs: view takes one dataset, and needs data@cats, data@dogs. name one of them, or run it for each',
    ],
    [
      'several of what is optional',
      { probe: 'needs: [net, data]' },
      'too many inputs: probe takes one dataset, and needs data@cats, data@dogs',
    ],
    [
      'an item that is not there',
      { view: 'needs: [data@cat]' },
      'no such item: view.needs = data@cat. must be one of: cats, dogs',
    ],
    ['an item of no matrix', { page: 'needs: [net@x, probe]' }, 'no such item: page.needs = net@x. net has no matrix'],
    [
      'a stage that is not there',
      { view: 'needs: [dta@cats]' },
      'unknown stage: view.needs = dta@cats. must be one of: data, view,',
    ],
    ['the same twice', { view: 'needs: [data@cats, data@cats]' }, 'given twice: view.needs = data@cats'],
    [
      'a whole stage and an item of it',
      { page: 'needs: [net, probe, data, data@cats]' },
      'given twice: page.needs = data@cats',
    ],
  ])('refuses %s in one line', (_, changes, message) => {
    const load = () => needsOf(changes);
    expect(load).toThrow(expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }));
    expect(load).toThrow(/^[^\n]+\. correct pipelines\/toy\/pipeline\.yaml$/);
  });

  it('a contract that is none is an error of its package.json', () => {
    const write = (stage: object) => toy.write('packages/view/package.json', { ...toyPackage('view'), stage });
    write({ gives: 'view', takes: { dataset: 'one' } });
    expect(needsOf).toThrow(/^invalid config value: stage\.gives = "view"\. .* correct packages\/view\/package\.json$/);
    write({ gives: 'views', takes: { dataset: 'two' } });
    expect(needsOf).toThrow(/^invalid config value: stage\.takes\.dataset = "two"\. /);
    write({ gives: 'views', or: { 'a b': {} } });
    expect(needsOf).toThrow(/^invalid config .*a b/);
  });
});
