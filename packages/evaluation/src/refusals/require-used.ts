import { UserError } from '@simclr/stage';
import { ProbeConfig } from '../config.ts';

/** Keys that only some protocols read, and what has to be so that they do. */
const READ_BY: [key: keyof ProbeConfig, by: string, read: (config: ProbeConfig) => boolean][] = [
  ['l2s', 'protocols linear and ridge', (config) => fits(config)],
  ['objective', 'protocols linear, ridge and few-shot', (config) => fits(config) || runs(config, 'few-shot')],
  [
    'validationFraction',
    'protocols linear and ridge, and knn with several k',
    (config) => fits(config) || (runs(config, 'knn') && Array.isArray(config.knn.k)),
  ],
  ['labelFractions', 'protocol linear', (config) => runs(config, 'linear')],
  [
    'draws',
    'protocol linear with labelFractions below 1',
    (config) => runs(config, 'linear') && config.labelFractions.some((fraction) => fraction < 1),
  ],
  ['knn', 'protocol knn', (config) => runs(config, 'knn')],
  ['fewShot', 'protocol few-shot', (config) => runs(config, 'few-shot')],
];

const runs = ({ protocols }: ProbeConfig, protocol: ProbeConfig['protocols'][number]) => protocols.includes(protocol);
const fits = (config: ProbeConfig) => runs(config, 'linear') || runs(config, 'ridge');

/**
 * @param stage in errors
 * @throws UserError where a key is set, to something else than its default, that nothing reads by this config
 */
export function requireUsed(config: ProbeConfig, stage: string): void {
  const usual: ProbeConfig = ProbeConfig.parse({});
  const same = (key: keyof ProbeConfig) => JSON.stringify(config[key]) === JSON.stringify(usual[key]);
  const unused = READ_BY.filter(([key, , read]) => !same(key) && !read(config));
  if (unused.length === 0) return;
  throw new UserError(
    unused
      .map(
        ([key, by]) =>
          `ignored option: ${key} of ${stage} has no effect: it is read by ${by}, and protocols are ${config.protocols.join(', ')}. take it out`,
      )
      .join('\n'),
  );
}
