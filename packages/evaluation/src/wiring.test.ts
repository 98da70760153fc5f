import { type Role, soleInputs } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { chooseEvaluated, readsFeatures } from './wiring.ts';

const probe = (inputs: ReturnType<typeof given>, config: object = {}) =>
  readsFeatures(inputs, { stage: 'probe', config, extraction: ['dataset', 'baselines'] });
const given = (...roles: Role[]) => soleInputs(Object.fromEntries(roles.map((role) => [role, {}])));

describe('a probe', () => {
  it('reads features, or a dataset and an encoder, and nothing between', () => {
    expect(probe(given('features'))).toBe(true);
    expect(probe(given('dataset', 'encoder'))).toBe(false);
    expect(() => probe(given('features', 'dataset'))).toThrow(
      'unused input: dataset of probe, which reads features. take it out of needs in pipeline.yaml',
    );
    expect(() => probe(given('dataset'))).toThrow(
      'missing input: probe needs features, or dataset and encoder. add them to needs in pipeline.yaml. given: dataset',
    );
    expect(() => probe(given())).toThrow(/^missing input: .* given: none$/);
  });

  it('that reads features has no use for what says how they are extracted', () => {
    const config = { dataset: 'a', baselines: undefined, l2s: [1] };
    expect(() => probe(given('features'), config)).toThrow(/^unused: dataset of probe, which reads features\. /);
    expect(probe(given('dataset', 'encoder'), config)).toBe(false);
    expect(probe(given('features'), { l2s: [1] })).toBe(true);
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
