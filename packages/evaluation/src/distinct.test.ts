import { parseConfig } from '@simclr/stage';
import { expect, it } from 'vitest';
import { ProbeConfig } from './config.ts';

const parse = (config: object) => parseConfig(ProbeConfig, config, 'transfer', 'c.json');

it.each([
  [{ protocols: ['knn', 'knn'] }, 'transfer.protocols = ["knn","knn"]. expected each once'],
  [{ fewShot: { shots: [1, 5, 1] } }, 'transfer.fewShot.shots = [1,5,1]. expected each once'],
  [
    { labelFractions: [0.1, 0.1] },
    'transfer.labelFractions = [0.1,0.1]. expected each share once, to three digits of a per cent',
  ],
  [
    { labelFractions: [0.125, 0.1254] },
    'transfer.labelFractions = [0.125,0.1254]. expected each share once, to three digits of a per cent',
  ],
])('what has the name of another is refused: %o', (config, said) => {
  expect(() => parse(config)).toThrow(`invalid config value: ${said}. correct c.json`);
});

it('lists of what differs are taken, with nothing else in them than before', () => {
  expect(parse({ labelFractions: [1, 0.125, 0.126] }).labelFractions).toEqual([1, 0.125, 0.126]);
  expect(() => parse({ labelFractions: [] })).toThrow('invalid config value: transfer.labelFractions = []');
  expect(() => parse({ protocols: ['k'] })).toThrow('invalid config value: transfer.protocols[0] = "k"');
});
