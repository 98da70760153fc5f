import { expect, it } from 'vitest';
import { chooseEvaluated, refuseExtraction } from './wiring.ts';

it('a probe of ready features has no use for what says how they are extracted', () => {
  const probe = (config: object) => refuseExtraction(config, { stage: 'probe', keys: ['dataset', 'baselines'] });
  expect(() => probe({ dataset: 'a', baselines: false, l2s: [1] })).toThrow(
    'unused: dataset, baselines of probe, which reads features. take it out, and set it in the stage features',
  );
  expect(() => probe({ dataset: undefined, l2s: [1] })).not.toThrow();
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
