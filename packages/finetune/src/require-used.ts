import { type ReadBy, requireRead } from '@simclr/evaluation/require-read';
import { FinetuneConfig } from './config.ts';
import { ENOUGH } from './hopeless.ts';
import { fractionsOf, gridsOf, settingsOf } from './recipe.ts';

/** Keys that only some trainings read, and what has to be so that they do. */
const READ_BY: ReadBy<FinetuneConfig>[] = [
  [
    'grid',
    'training on all labels from pretrained weights that are not all frozen',
    (config) => gridsOf(config).includes(config.grid),
  ],
  [
    'gridFromRandom',
    'training on all labels from random weights that are not all frozen',
    (config) => gridsOf(config).includes(config.gridFromRandom),
  ],
  [
    'fewLabels',
    'training on less than all labels of weights that are not all frozen',
    (config) => config.freeze !== 'all' && fractionsOf(config).some((share) => share < 1),
  ],
  ['linear', 'training with all weights frozen', ({ freeze }) => freeze === 'all'],
  ['draws', 'training on labelFractions below 1', ({ labelFractions }) => labelFractions.some((share) => share < 1)],
  [
    'validationFraction',
    'a grid of several settings that is used',
    (config) => gridsOf(config).some((grid) => settingsOf(grid).length > 1),
  ],
  [
    'abandon',
    `a grid of more than ${ENOUGH} settings that is used, and of more steps than one of atSteps`,
    (config) => {
      const first = Math.min(...(config.abandon?.atSteps ?? []));
      return gridsOf(config).some((grid) => settingsOf(grid).length > ENOUGH && grid.steps > first);
    },
  ],
];

/** @throws UserError where a key is set, to something else than its default, that no training of this config reads */
export function requireUsed(config: FinetuneConfig): void {
  const { freeze, weights, labelFractions, listedFraction } = config;
  const share =
    listedFraction === undefined
      ? `labelFractions are ${labelFractions.join(', ')}`
      : `listedFraction is ${listedFraction}`;
  const where = `freeze is ${freeze}, weights are ${weights.join(', ')}, ${share}`;
  requireRead(config, FinetuneConfig.parse({}), READ_BY, { stage: 'finetune', where });
}
