import { type Role, soleInputs } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { chooseEvaluated, readsFeatures, requireUnused } from './wiring.ts';

const given = (...roles: Role[]) => soleInputs(Object.fromEntries(roles.map((role) => [role, {}])));

describe('a probe', () => {
  it('reads features, or a dataset and an encoder, and nothing between', () => {
    expect(readsFeatures(given('features'), 'probe')).toBe(true);
    expect(readsFeatures(given('dataset', 'encoder'), 'probe')).toBe(false);
    expect(() => readsFeatures(given('features', 'dataset'), 'probe')).toThrow(
      'unused input: dataset of probe, which reads features. take it out of needs in pipeline.yaml',
    );
    expect(() => readsFeatures(given('dataset'), 'probe')).toThrow(
      'missing input: probe needs features, or dataset and encoder. add them to needs in pipeline.yaml. given: dataset',
    );
    expect(() => readsFeatures(given(), 'probe')).toThrow(/^missing input: .* given: none$/);
  });

  it('that reads features has no use for what says how they are extracted', () => {
    expect(() => requireUnused({ dataset: 'a', l2s: [1] }, ['dataset'], 'probe')).toThrow(/^unused: dataset of probe/);
    requireUnused({ l2s: [1] }, ['dataset'], 'probe');
  });
});

it('the dataset is the one named, the only one, or of several that of the encoder', () => {
  const [cats, dogs] = [{ name: 'cats' }, { name: 'dogs' }];
  const choose = (some: { name: string }[], wanted?: string, encoder?: { dataset: string }) =>
    chooseEvaluated(some, wanted, encoder, 'linearEval.dataset').name;
  expect(choose([cats, dogs], 'cats', { dataset: 'dogs' })).toBe('cats');
  expect(choose([cats], undefined, { dataset: 'dogs' })).toBe('cats');
  expect(choose([cats, dogs], undefined, { dataset: 'dogs' })).toBe('dogs');
  expect(() => choose([cats, dogs], undefined, { dataset: 'birds' })).toThrow(/^unknown dataset: birds\. /);
  expect(() => choose([cats, dogs])).toThrow(
    'no dataset chosen: linearEval.dataset. the stages before write: cats, dogs. name one in the config',
  );
});
