import { ProbeConfig } from '../config.ts';
import { type ReadBy, requireRead } from './require-read.ts';

/** Keys that only some protocols read, and what has to be so that they do. */
const READ_BY: ReadBy<ProbeConfig>[] = [
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
  const where = `protocols are ${config.protocols.join(', ')}`;
  requireRead(config, ProbeConfig.parse({}), READ_BY, { stage, where });
}
